"""What counts as said: denial, questions and their answers, the past, other people, television."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.recommendation.checks import is_literal
from pipeline.recommendation.facts import gather
from pipeline.recommendation.patterns import PatternError, compile_pattern
from pipeline.recommendation.reading import Status, read
from pipeline.recommendation.rulebook import Rulebook
from pipeline.recommendation.spoken import sound_of, spoken


def status(book: Rulebook, texts: list[str], code: str = "febre") -> Status:
    return next(s.status for s in read(texts, book.lexicon).said if s.code == code)


@pytest.mark.parametrize(
    ("texts", "expected"),
    [
        (["tô com febre"], Status.SAID),
        (["não tenho febre"], Status.DENIED),
        (["sem febre, só cansada"], Status.DENIED),
        (["febre não"], Status.DENIED),
        (["não tenho dor, tosse nem febre"], Status.DENIED),
        (["a febre não tá baixando"], Status.SAID),
        (["não é gripe é febre mesmo"], Status.SAID),
        (["tá com febre?", "não"], Status.DENIED),
        (["tá com febre?", "tá sim"], Status.SAID),
        (["tá com febre?"], Status.ASKED),
        (["oi", "febre", "não só cansaço"], Status.DENIED),
        (["a febre cede?", "cede e volta"], Status.SAID),
        (["tem febre?", "tem não"], Status.DENIED),
        (["tá com febre?", "só um pouquinho"], Status.SAID),
        (["não tosse não ela tá com febre"], Status.SAID),
        (["não passa a febre"], Status.SAID),
        (["eu tava com febre mas já passou"], Status.PAST),
        (["minha filha tá com febre, o que eu dou?"], Status.SAID),
        (["o filho da vizinha tá internado com febre coitado"], Status.OTHERS),
        (["especialistas alertam para casos de febre na região"], Status.VOID),
    ],
)
def test_status(book: Rulebook, texts: list[str], expected: Status) -> None:
    assert status(book, texts) is expected


@pytest.mark.parametrize(
    ("heard", "meant"), [("cabessa", "cabeça"), ("enchaqueca", "enxaqueca"), ("asia", "azia"), ("CATARO", "catarro")]
)
def test_what_sounds_the_same_is_the_same(heard: str, meant: str) -> None:
    assert sound_of(heard) == sound_of(meant)


@pytest.mark.parametrize(
    ("texts", "months"),
    [
        (["meu bebê tem dois meses"], 2),
        (["ele tem três aninhos"], 36),
        (["é pro meu filho", "quantos anos", "sete"], 84),
        (["tô com tosse faz dois anos"], None),
        (["minha filha tem um ano e meio"], 18),
    ],
)
def test_age(book: Rulebook, texts: list[str], months: float | None) -> None:
    age = gather(texts, book).age_months
    assert age == (pytest.approx(months, abs=0.2) if months is not None else None)


@pytest.mark.parametrize("bad", ["", "(dor", "dor)", "do*r", "~3", "dor?", "? dor"])
def test_patterns_that_are_not_in_the_language(bad: str) -> None:
    with pytest.raises(PatternError):
        compile_pattern(bad)


@given(st.text(max_size=300))
def test_any_text_is_read_without_error_and_quotes_are_literal(text: str) -> None:
    said = spoken(text)
    for index in range(len(said.tokens)):
        assert said.quote(index, index) in text


@given(
    words=st.lists(
        st.sampled_from(
            [
                "não",
                "sem",
                "febre",
                "dor",
                "de",
                "cabeça",
                "no",
                "peito",
                "e",
                "nem",
                "tô",
                "com",
                "?",
                ",",
                "meu",
                "filho",
                "dois",
                "anos",
            ]
        )
    )
)
def test_whatever_is_said_evidence_is_literal(book: Rulebook, words: list[str]) -> None:
    texts = [" ".join(words)]
    facts = gather(texts, book)
    assert all(is_literal(facts.quote(s), texts) for s in facts.reading.said)


@pytest.mark.parametrize("text", ["dor no meio do peito", "peito com dor"])
def test_either_order(text: str) -> None:
    assert compile_pattern("dor ~~3 peito").regex.search(spoken(text).sounds)


def test_either_order_needs_both_sides() -> None:
    with pytest.raises(PatternError):
        compile_pattern("dor ~~3")


@pytest.mark.parametrize("text", ["me vê um ciclo benzaprina", "me vê um ciclobenzaprina"])
def test_a_medicine_is_known_though_its_name_is_split(book: Rulebook, text: str) -> None:
    assert "tarjado" in {m.concept.code for m in book.lexicon.scan(text).mentions}
