from datetime import date
from pathlib import Path

import pytest

from configs.providers import PRICES_FILE
from pipeline.providers.prices import PriceTableError, Usage, load_prices

PRICES = load_prices(PRICES_FILE)


def usd(provider: str, model: str, usage: Usage) -> float:
    cost, version = PRICES.cost(provider, model, usage)
    assert version == PRICES.version
    return cost


def test_the_table_is_dated_and_every_price_names_its_source() -> None:
    date.fromisoformat(PRICES.version)
    assert all(price.source for price in [*PRICES.speech.values(), *PRICES.models.values()])


def test_an_hour_of_scribe_costs_its_list_price_and_key_terms_a_fifth_more() -> None:
    assert usd("elevenlabs", "scribe_v2", Usage(audio_s=3600)) == pytest.approx(0.22)
    assert usd("elevenlabs", "scribe_v2", Usage(audio_s=3600, keyterms=40)) == pytest.approx(0.264)


def test_more_than_a_hundred_key_terms_bill_twenty_seconds_at_least() -> None:
    few = usd("elevenlabs", "scribe_v2", Usage(audio_s=3, keyterms=100))
    many = usd("elevenlabs", "scribe_v2", Usage(audio_s=3, keyterms=101))
    assert many == pytest.approx(few * 20 / 3)


def test_groq_bills_ten_seconds_at_least() -> None:
    short = usd("openai_compatible", "whisper-large-v3-turbo", Usage(audio_s=3))
    assert short == pytest.approx(10 * 0.04 / 3600)


def test_a_question_to_grok_costs_what_the_vendor_lists() -> None:
    assert usd("xai", "grok-4.3", Usage(tokens_in=600, tokens_out=60)) == pytest.approx(0.0009)
    cached = usd("xai", "grok-4.3", Usage(tokens_in=600, tokens_cached=500, tokens_out=60))
    assert cached == pytest.approx((100 * 1.25 + 500 * 0.20 + 60 * 2.50) / 1e6)


def test_a_long_prompt_doubles_the_price() -> None:
    short = usd("xai", "grok-4.3", Usage(tokens_in=199_999))
    assert usd("xai", "grok-4.3", Usage(tokens_in=200_000)) == pytest.approx(2 * short, rel=1e-4)


def test_what_the_provider_states_goes_before_the_table() -> None:
    assert PRICES.cost("xai", "grok-4.3", Usage(tokens_in=600, stated_usd=0.5)) == (0.5, "provider")


def test_an_unknown_model_is_unknown_and_not_free() -> None:
    assert PRICES.cost("acme", "listener", Usage(audio_s=10)) == (0.0, None)


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        ("version: [", "not YAML"),
        ("speech: {}", "version"),
        ('version: "x"\nspeech: {a/b: {usd_per_hour: -1}}', "speech.a/b.usd_per_hour"),
    ],
)
def test_a_bad_price_file_names_itself_and_the_place(tmp_path: Path, text: str, complaint: str) -> None:
    file = tmp_path / "prices.yaml"
    file.write_text(text)
    with pytest.raises(PriceTableError, match=complaint) as error:
        load_prices(file)
    assert str(file) in str(error.value)


def test_a_missing_price_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(PriceTableError, match="cannot be read"):
        load_prices(tmp_path / "none.yaml")
