"""One connected counter, with scripted stages, in virtual time."""

import asyncio

import pytest

from pipeline.events import (
    Decided,
    ErrorNoted,
    InteractionOutcome,
    ProductSuggested,
    Shown,
    Transcribed,
)
from pipeline.record.errors import SpoolError
from pipeline.stages import StageFailed
from tests.fakes.shop import COMPLAINT, Shop
from tests.fakes.stages import (
    refer,
    said,
    span,
    suggest,
)

pytestmark = pytest.mark.virtual_time


async def test_a_complaint_becomes_a_card_that_was_recorded_before_it_was_shown() -> None:
    shop = Shop()
    shop.transcriber.answers = [said(COMPLAINT)]
    shop.recommender.answers = [suggest("PARAC", "dor de cabeça")]
    cards_when_recorded: list[int] = []
    shop.recorder.on_record = lambda: cards_when_recorded.append(len(shop.cards))

    await shop.hear(4)
    shop.stream.says(span(1, 3.2, 3.8))
    await asyncio.sleep(5)

    (card,) = shop.cards
    (suggested,) = shop.recorder.of(ProductSuggested)
    assert card == {
        "comando": "recomendar",
        "produto": "Produto PARAC",
        "explicacao": "porque sim",
        "transcricao_base": "dor de cabeça",
        "id_interacao": suggested.interaction_id,
    }
    assert cards_when_recorded == [0]
    assert [shown.interaction_id for shown in shop.recorder.of(Shown)] == [card["id_interacao"]]


async def test_the_transcriber_gets_the_counters_own_audio() -> None:
    shop = Shop()
    shop.transcriber.answers = [said("")]
    for second in range(4):
        shop.conversation.listen(bytes([second, 0]) * 16_000)
        await asyncio.sleep(1)
    shop.stream.says(span(1, 3))
    await asyncio.sleep(1)
    assert shop.transcriber.asked[0].pcm == b"\1\0" * 16_000 + b"\2\0" * 16_000


async def test_every_part_of_the_latency_has_an_owner() -> None:
    shop = Shop()
    shop.transcriber.answers = [said(COMPLAINT, latency_ms=400)]
    shop.transcriber.delays_s = [0.4]
    shop.recommender.answers = [suggest("PARAC", "dor de cabeça")]
    shop.recommender.delay_s = 0.5
    await shop.hear(4)
    shop.stream.says(span(1, 3.2, 3.8))
    await asyncio.sleep(5)
    latency = shop.recorder.of(Shown)[0].latency
    assert latency.closing_silence_ms == pytest.approx(600)
    assert latency.gate_tick_ms == pytest.approx(300)
    assert latency.transcription_ms == pytest.approx(400)
    assert latency.recommendation_ms == pytest.approx(500)
    assert latency.record_ms == pytest.approx(4)
    parts = (
        latency.closing_silence_ms,
        latency.gate_tick_ms,
        latency.transcription_ms,
        latency.ask_wait_ms,
        latency.recommendation_ms,
        latency.record_ms,
        latency.write_ms,
    )
    assert latency.total_ms == pytest.approx(sum(part for part in parts if part is not None))


async def test_texts_are_heard_in_the_order_of_speech_though_the_first_takes_longer() -> None:
    shop = Shop()
    shop.transcriber.answers = [said("estou com dor de cabeça forte desde ontem"), said("e também um pouco de febre")]
    shop.transcriber.delays_s = [3.0, 0.1]
    await shop.hear(6)
    shop.stream.says(span(1, 2, 2.6), span(3, 4, 4.6))
    await asyncio.sleep(10)
    heard = shop.recommender.asked[-1].heard
    assert [h.text for h in heard] == ["estou com dor de cabeça forte desde ontem", "e também um pouco de febre"]
    assert [t.text for t in shop.recorder.of(Transcribed)] == [h.text for h in heard]


async def test_personal_data_is_gone_before_the_recommender_or_the_record_see_it() -> None:
    shop = Shop()
    shop.transcriber.answers = [said("meu CPF é 123.456.789-09 e estou com dor de cabeça desde ontem de noite")]
    await shop.hear(4)
    shop.stream.says(span(1, 3))
    await asyncio.sleep(5)
    assert "123" not in shop.recommender.asked[0].heard[0].text
    assert "123" not in shop.recorder.of(Transcribed)[0].text


async def test_version_1_hears_nothing_of_a_referral_and_the_record_says_why() -> None:
    shop = Shop(version=1)
    shop.transcriber.answers = [said("estou com uma dor forte no peito que vai para o braço")]
    shop.recommender.answers = [refer("dor_toracica", "dor forte no peito")]
    await shop.hear(4)
    shop.stream.says(span(1, 3))
    await asyncio.sleep(5)
    assert shop.cards == []
    (decided,) = shop.recorder.of(Decided)
    assert (decided.outcome, decided.reason) == (InteractionOutcome.REFERRED, "dor_toracica")


async def test_version_2_is_alerted_once_per_reason() -> None:
    shop = Shop(version=2)
    complaint = "estou com uma dor forte no peito que vai para o braço"
    shop.transcriber.answers = [said(complaint), said(complaint)]
    shop.recommender.answers = [refer("dor_toracica", "dor forte no peito")] * 2
    await shop.hear(8)
    shop.stream.says(span(1, 3))
    await asyncio.sleep(3)
    shop.stream.says(span(5, 7))
    await asyncio.sleep(5)
    (card,) = shop.cards
    assert (card["comando"], card["motivo"]) == ("alerta", "dor_toracica")
    assert len(shop.recorder.of(Decided)) == 2


@pytest.mark.parametrize("failure", ["timeout", "quota"])
async def test_a_failed_transcription_is_recorded_and_the_next_one_is_fine(failure: str) -> None:
    shop = Shop()
    shop.transcriber.answers = [
        StageFailed(category=failure, message="não deu", alert=failure == "quota"),
        said(COMPLAINT),
    ]
    shop.recommender.answers = [suggest("PARAC", "dor de cabeça")]
    await shop.hear(8)
    shop.stream.says(span(1, 3))
    shop.stream.says(span(4, 6))
    await asyncio.sleep(5)
    assert [t.failure for t in shop.recorder.of(Transcribed)] == [failure, None]
    (error,) = shop.recorder.of(ErrorNoted)
    assert (error.kind, error.alert) == (failure, failure == "quota")
    assert len(shop.cards) == 1


async def test_a_transcriber_that_hangs_leaves_an_expired_utterance() -> None:
    shop = Shop(utterance_deadline_s=5)
    shop.transcriber.answers = [said("tarde demais")]
    shop.transcriber.delays_s = [3600]
    await shop.hear(4)
    shop.stream.says(span(1, 3))
    await asyncio.sleep(10)
    assert [t.failure for t in shop.recorder.of(Transcribed)] == ["expirada"]


async def test_utterances_over_the_queue_are_expired_and_recorded() -> None:
    shop = Shop(max_pending_utterances=2)
    shop.transcriber.answers = [said("") for _ in range(3)]
    shop.transcriber.delays_s = [1, 1, 1]
    await shop.hear(6)
    shop.stream.says(span(1, 2), span(2, 3), span(3, 4))
    await asyncio.sleep(3)
    assert sorted(t.failure or "" for t in shop.recorder.of(Transcribed)) == ["", "", "expirada"]


async def test_a_failed_recommender_is_silence_with_a_reason() -> None:
    shop = Shop()
    shop.transcriber.answers = [said(COMPLAINT)]
    shop.recommender.answers = [StageFailed(category="timeout", message="não respondeu")]
    await shop.hear(4)
    shop.stream.says(span(1, 3))
    await asyncio.sleep(5)
    assert shop.cards == []
    assert [(d.outcome, d.reason) for d in shop.recorder.of(Decided)] == [(InteractionOutcome.FAILED, "timeout")]


async def test_a_recommender_that_hangs_is_silence_for_the_same_reason_as_a_provider_that_does() -> None:
    shop = Shop(recommendation_deadline_s=5)
    shop.transcriber.answers = [said(COMPLAINT)]
    shop.recommender.delay_s = 3600
    await shop.hear(4)
    shop.stream.says(span(1, 3))
    await asyncio.sleep(15)
    assert [(d.outcome, d.reason) for d in shop.recorder.of(Decided)] == [(InteractionOutcome.FAILED, "prazo")]


async def test_a_card_that_could_not_be_written_is_not_recorded_as_shown() -> None:
    shop = Shop()
    shop.gone = True
    shop.transcriber.answers = [said(COMPLAINT)]
    shop.recommender.answers = [suggest("PARAC", "dor de cabeça")]
    await shop.hear(4)
    shop.stream.says(span(1, 3))
    await asyncio.sleep(5)
    assert len(shop.recorder.of(Decided)) == 1
    assert shop.recorder.of(Shown) == []


async def test_a_card_that_cannot_be_recorded_is_not_shown() -> None:
    shop = Shop()
    shop.transcriber.answers = [said(COMPLAINT)]
    shop.recommender.answers = [suggest("PARAC", "dor de cabeça")]

    def full() -> None:
        raise SpoolError("disk full")

    shop.recorder.on_record = full
    await shop.hear(4)
    shop.stream.says(span(1, 3))
    await asyncio.sleep(5)
    assert shop.cards == []


async def test_the_same_product_is_not_offered_to_the_recommender_as_new() -> None:
    shop = Shop()
    shop.transcriber.answers = [said(COMPLAINT), said("ainda estou com muita dor de cabeça desde ontem de noite")]
    shop.recommender.answers = [suggest("PARAC", "dor de cabeça")]
    await shop.hear(8)
    shop.stream.says(span(1, 3))
    await asyncio.sleep(3)
    shop.stream.says(span(4, 6))
    await asyncio.sleep(5)
    assert [r.shown_skus for r in shop.recommender.asked] == [(), ("PARAC",)]
