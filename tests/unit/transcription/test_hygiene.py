import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from configs.transcription import HygieneSettings
from pipeline.transcription.hygiene import Clean, clean, plain
from pipeline.transcription.recognition import Recognition, Word

SETTINGS = HygieneSettings()


def cleaned(text: str, *, audio_s: float = 10.0, previous: str = "", probability: float | None = None) -> Clean:
    logprob = None if probability is None else math.log(probability)
    words = tuple(Word(word, logprob=logprob) for word in text.split())
    return clean(Recognition(text, words), audio_s=audio_s, previous_text=previous, settings=SETTINGS)


@pytest.mark.parametrize(
    "text",
    [
        "Estou com dor de cabeça desde ontem.",
        "não não não febre não só a cabeça mesmo",
        "muito obrigado, e quanto custa a dipirona?",
        "meu filho adora música, mas hoje está com febre",
        "tchau pra dor, me dá um analgésico",
        "a senhora pode ler a legenda da caixa?",
        "Oi, boa tarde.",
        "obrigado, tchau",
        "e a pomada, deixa eu ver, é por fora?",
        "2,5 mg ou 5 mg?",
    ],
)
def test_real_speech_is_left_alone(text: str) -> None:
    assert cleaned(text) == Clean(text)


@pytest.mark.parametrize(
    ("text", "kept"),
    [
        ("(música)", ""),
        ("(tosse) estou gripado (risos)", "estou gripado"),
        ("[Música] [Aplausos]", ""),
        ("♪ lá lá lá ♪ tem antiácido?", "tem antiácido?"),
        ("*suspiro* que dor", "que dor"),
        ("[BLANK_AUDIO]", ""),
        ("<noise> {tosse} que dor", "que dor"),
        ("(tosse).", ""),
    ],
)
def test_event_tags_go(text: str, kept: str) -> None:
    result = cleaned(text)
    assert result.text == kept
    assert result.removed
    assert all(entry.startswith("event tag: ") for entry in result.removed)


@pytest.mark.parametrize(
    "text",
    [
        "legendas",
        "Legendas pela comunidade Amara.org",
        "Inscreva-se no canal!",
        "inscreva-se",
        "Obrigado por assistir.",
        "OBRIGADA POR ASSISTIR",
        "Obrigado.",
        "obrigado",
        "Tchau!",
        "Tchau, tchau.",
        "amém",
        "Amém. Amém.",
        "Obrigado. Obrigado.",
        "Até o próximo vídeo.",
        "Legenda Adriana Zanotto",
        "Legendas por Sônia Ruberti",
        "Legendado pela comunidade Amara.org",
        "Transcrição por QUERO",
        "Obrigado pela atenção.",
        "Não se esqueça de se inscrever no canal.",
        "Se inscreva no canal e ative o sininho.",
        "Curta e compartilhe o vídeo",
        "Obrigado por assistir ao vídeo.",
        "Um beijo e até a próxima!",
        "Acesse o nosso site www.exemplo.com.br",
        "Thank you for watching!",
        "Thank you.",
        "Subtitles by the Amara.org community",
        "Gracias por ver el video",
        "谢谢观看",
        "Продолжение следует...",
    ],
)
def test_what_recognisers_write_over_noise_goes(text: str) -> None:
    result = cleaned(text)
    assert result.text == ""
    assert result.removed
    removed = " ".join(entry.partition(": ")[2] for entry in result.removed)
    assert sorted(removed.split()) == sorted(text.split())  # each word once


def test_an_invented_phrase_inside_real_speech_is_stripped_and_the_rest_kept() -> None:
    result = cleaned("tem pastilha para garganta? Inscreva-se no canal. é para hoje")
    assert result.text == "tem pastilha para garganta? é para hoje"
    assert result.removed == ("invented phrase: Inscreva-se no canal.",)


def test_what_is_alone_after_the_rest_went_goes_too() -> None:
    assert cleaned("(música) obrigado por assistir tchau").text == ""


@pytest.mark.parametrize(
    ("text", "kept"),
    [
        ("dor dor dor dor dor de cabeça", "dor de cabeça"),
        ("eu quero eu quero eu quero eu quero dipirona", "eu quero dipirona"),
        ("obrigado, obrigado, obrigado, obrigado.", ""),
        ("tem dorflex sim " * 5, "tem dorflex sim"),
    ],
)
def test_loops_are_kept_once(text: str, kept: str) -> None:
    result = cleaned(text)
    assert result.text == kept
    assert any(entry.startswith("repeated ") for entry in result.removed)


def test_low_confidence_drops_everything_and_says_how_low() -> None:
    result = cleaned("quero dois comprimidos", probability=0.12)
    assert result == Clean("", ("confidence 0.12: quero dois comprimidos",))
    assert cleaned("quero dois comprimidos", probability=0.9).text


def test_more_words_than_a_mouth_can_say_are_imagined() -> None:
    text = "hoje vamos falar sobre um assunto muito importante para todos"
    assert cleaned(text, audio_s=0.8).removed == (f"10 words in 0.8 s: {text}",)
    assert cleaned(text, audio_s=4.0).text == text


def test_one_quick_word_is_not_doubted() -> None:
    assert cleaned("é sim", audio_s=0.2).text == "é sim"


def test_words_heard_twice_at_a_cut_are_kept_once() -> None:
    result = cleaned("dor de cabeça desde ontem", previous="Eu estou com dor de cabeça")
    assert result == Clean("desde ontem", ("heard before: dor de cabeça",))


@pytest.mark.parametrize("previous", ["", "a dor de dente", "dor de cabeça forte", "de cabeça"])
def test_no_overlap_no_cut(previous: str) -> None:
    assert cleaned("dor de cabeça desde ontem", previous=previous).text == "dor de cabeça desde ontem"


def test_somebody_who_says_it_again_is_heard_again() -> None:
    assert cleaned("tem remédio para dor?", previous="tem remédio para dor?").text == "tem remédio para dor?"


@given(st.text(max_size=200), st.text(max_size=60), st.floats(0.1, 30))
def test_never_adds_a_word_and_accounts_for_what_it_takes(text: str, previous: str, audio_s: float) -> None:
    result = cleaned(text, previous=previous, audio_s=audio_s)
    left = result.text.split()
    pool = [word for word in text.replace("(", " ").replace("[", " ").replace("*", " ").replace("♪", " ").split()]
    assert all(any(word in whole for whole in [*pool, text]) for word in left)
    if [plain(word) for word in left] != [plain(word) for word in text.split() if plain(word)]:
        assert result.removed


@given(st.lists(st.sampled_from(["dor", "de", "cabeça", "obrigado", "(tosse)", "tchau"]), max_size=12))
def test_cleaning_twice_changes_nothing_more(words: list[str]) -> None:
    once = cleaned(" ".join(words)).text
    assert cleaned(once).text == once


def test_an_empty_phrase_in_the_settings_takes_nothing_out() -> None:
    settings = HygieneSettings(phrases=("",), credits=(" ",), lone=("",))
    assert clean(Recognition("tenho dor"), audio_s=3.0, previous_text="", settings=settings).text == "tenho dor"
