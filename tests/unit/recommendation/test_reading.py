"""What counts as said: denial, questions and their answers, the past, other people, television."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.recommendation.checks import is_literal
from pipeline.recommendation.facts import gather
from pipeline.recommendation.patterns import PatternError, compile_pattern
from pipeline.recommendation.reading import read
from pipeline.recommendation.rulebook import Rulebook
from pipeline.recommendation.spoken import sound_of, spoken
from pipeline.recommendation.turns import Status


def status(book: Rulebook, texts: list[str], code: str = "febre") -> Status:
    return next(s.status for s in read(texts, book.lexicon).said if s.code == code)


@pytest.mark.parametrize(
    ("texts", "expected"),
    [
        (["tô com febre"], Status.SAID),
        (["não tenho febre"], Status.DENIED),
        (["sem febre, só cansada"], Status.DENIED),
        (["febre não"], Status.DENIED),
        (["tá brincando, febre não botou não"], Status.DENIED),
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
        (["é febre?", "é, e muita"], Status.SAID),
        (["tá com febre?", "tudo normal"], Status.DENIED),
        (["saiu do hospital semana passada, tá com febre"], Status.SAID),
        (["meu gato tá com febre"], Status.OTHERS),
        (["tá com febre, e o menino da vizinha também tá com dengue"], Status.SAID),
        (["essa vacina pode dar febre"], Status.VOID),
        (["duas noites sem dormir com a febre dele"], Status.SAID),
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
    ("texts", "code"),
    [
        (["falta de ar?", "não, respira bem"], "respira_mal"),
        (["tá com febre?", "bebe água direitinho"], "bebe"),
        (["ele disse que quase infartei de susto hahaha"], "dor_peito"),
    ],
)
def test_what_is_not_said_at_all(book: Rulebook, texts: list[str], code: str) -> None:
    assert not [s for s in read(texts, book.lexicon).said if s.code == code and s.status is Status.SAID]


@pytest.mark.parametrize(
    ("texts", "code", "expected"),
    [
        (["meu dente quebrou", "inchou a cara deu febre", "não é só a dor"], "febre", Status.DENIED),
        (["tá coçando", "febre ele tá caidinho", "febre nenhuma"], "febre", Status.DENIED),
        (["dói aqui", "tem febre vômito", "o seu troco ó", "não nada disso"], "febre", Status.DENIED),
        (["tá com febre", "e vomitou", "vomitou sim"], "vomito", Status.SAID),
        (["meu olho resseca", "vermelho enxergando mal", "enxergo mal sim"], "olho_sinal", Status.SAID),
    ],
)
def test_an_attendant_lists_signs_without_a_question_mark(
    book: Rulebook, texts: list[str], code: str, expected: Status
) -> None:
    assert status(book, texts, code) is expected


def test_a_no_that_answers_denies_nothing_of_what_follows(book: Rulebook) -> None:
    texts = ["meu olho resseca na tela", "tá vermelho enxergando mal", "não enxergo bem é só ressecado"]
    assert "visao_alterada" not in gather(texts, book).codes
    assert "visao_alterada" in gather(["meu olho resseca na tela", "não enxergo bem"], book).codes


@pytest.mark.parametrize(("text", "baby"), [("bebe, toma algo", False), ("meu bebe tá com febre", True)])
def test_a_baby_and_who_drinks(book: Rulebook, text: str, baby: bool) -> None:
    assert ("bebe" in gather([text], book).codes) is baby


def test_small_months_of_a_pregnancy_are_no_child(book: Rulebook) -> None:
    facts = gather(["tô com o nariz entupido", "o exame deu positivo, tô de dois mesinho"], book)
    assert "gestante" in facts.codes
    assert (facts.child, facts.age_months) == (False, None)


def test_how_old_exactly_asks_for_years(book: Rulebook) -> None:
    facts = gather(["a tosse da mariana piorou", "quantos anos mesmo a mariana tem", "cinco"], book)
    assert facts.age_months == 60


@pytest.mark.parametrize("text", ["se por acaso der febre eu volto", "caso tenha febre depois"])
def test_what_may_come_is_not_so(book: Rulebook, text: str) -> None:
    assert gather([text], book).complaints == ()


def test_a_pet_is_not_served_wherever_it_is_named(book: Rulebook) -> None:
    assert gather(["cês vendem coleira", "a mel tá se coçando toda"], book).complaints == ()


def test_what_is_refused_next_is_the_allergy(book: Rulebook) -> None:
    facts = gather(["tô com dor de cabeça", "tem dipirona", "essa não que ela me empola toda"], book)
    assert "alergia_dipirona" in facts.forbidden


@pytest.mark.parametrize(
    "text",
    ["aspirina eu não posso, me dá uma coceirada", "aspirina não posso", "aspirina me deu urticária na vez passada"],
)
def test_what_somebody_may_not_take_for_its_itch_is_an_allergy(book: Rulebook, text: str) -> None:
    assert "alergia_aas" in gather(["tô travado das costas", text], book).forbidden


@pytest.mark.parametrize(
    "text",
    ["esse carro só me dá dor de cabeça", "tô com o estômago embrulhado de nervoso", "vim repor a gaze da caixinha"],
)
def test_figures_of_speech_and_shopping_are_no_complaint(book: Rulebook, text: str) -> None:
    assert gather([text], book).complaints == ()


def test_a_place_answers_where_it_hurts(book: Rulebook) -> None:
    assert status(book, ["onde que dói", "aqui no joelho"], "dor_joelho") is Status.SAID


@pytest.mark.parametrize(
    ("texts", "months"),
    [
        (["minha filha de sete tá com tosse"], 84),
        (["ela tem seis semanas", "que linda", "tá com febre"], 42 / 30.4),
        (["meu neto de cinquenta e poucos dias tá quente"], 50 / 30.4),
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


def test_a_stem_that_ends_in_cedilla_is_no_other_word(book: Rulebook) -> None:
    assert not {s.code for s in read(["minhas costas estão travadas"], book.lexicon).said} & {"coceira_pele"}
    assert status(book, ["meu braço coça"], "coceira_pele") is Status.SAID


@pytest.mark.parametrize(
    "texts",
    [
        ["minha mãe já tá ótima, agora eu peguei essa febre"],
        ["meu sogro sarou de vez, só que eu tô com febre"],
    ],
)
def test_another_one_s_recovery_leaves_the_speaker_s_own(book: Rulebook, texts: list[str]) -> None:
    assert status(book, texts) is Status.SAID
