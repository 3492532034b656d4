"""Calm complaints with a pharmacist's screening in between: what is asked and denied stops no product."""

import pytest

from pipeline.recommendation.facts import gather
from pipeline.recommendation.judge import choose, judge
from pipeline.recommendation.reading import read
from pipeline.recommendation.rulebook import Rulebook
from pipeline.recommendation.shelf import Shelf
from pipeline.recommendation.turns import Status


@pytest.mark.parametrize(
    ("texts", "code"),
    [
        (["bati o tornozelo", "dá pra pisar, entortou o pé", "piso sim, o pé não entortou"], "trauma_grave"),
        (["tô com tosse", "diabetes, colesterol", "bah não"], "diabetes"),
        (["caiu poeira no olho", "olho vermelho, a luz incomoda", "enxergo bem, só coça"], "luz_incomoda"),
        (["tô com tosse", "pressão diabetes", "tudo zerado"], "diabetes"),
    ],
)
def test_what_is_asked_and_answered_well_is_denied(book: Rulebook, texts: list[str], code: str) -> None:
    assert all(s.status is Status.DENIED for s in read(texts, book.lexicon).said if s.code == code)


@pytest.mark.parametrize(
    ("texts", "code"),
    [
        (["trinta e nove graus na sombra e eu de terno", "que calor"], "febre"),
        (["fui no banheiro quatro vezes, molinho", "certo"], "desidratacao_sinal"),
        (["lasquei o dente comendo pé de moleque"], "crianca"),
        (["amanhã tem prova do técnico", "sinais de derrame"], "avc"),
    ],
)
def test_words_that_say_nothing_of_the_person_are_void(book: Rulebook, texts: list[str], code: str) -> None:
    assert all(s.status is not Status.SAID for s in read(texts, book.lexicon).said if s.code == code)


@pytest.mark.parametrize(
    ("texts", "code"),
    [
        (["meu filho foi no banheiro quatro vezes e tá molinho"], "prostrado"),
        (["meu filho tá com quarenta graus de febre nesse sol"], "febre"),
        (["caí da moto", "o pé entortou", "entortou sim"], "trauma_grave"),
    ],
)
def test_the_same_words_of_a_person_are_said(book: Rulebook, texts: list[str], code: str) -> None:
    assert any(s.status is Status.SAID for s in read(texts, book.lexicon).said if s.code == code)


def test_what_is_well_is_what_was_asked_not_the_complaint(book: Rulebook) -> None:
    texts = ["tô com o braço coçando", "falta de ar, língua", "tudo normal, só o braço"]
    assert "coceira_pele" in gather(texts, book).codes


@pytest.mark.parametrize(
    ("texts", "forbidden"),
    [
        (["tô com dor de cabeça", "pressão alta", "tenho mas tá doze por oito, controlada"], "hipertensao"),
        (["tô com a garganta arranhando", "tive úlcera mas tratei faz tempo"], "ulcera"),
        (["torci o pescoço dormindo", "tenho glaucoma, uso o colírio certinho"], "glaucoma"),
    ],
)
def test_a_controlled_disease_takes_away_only_its_own_products(
    book: Rulebook, shelf: Shelf, texts: list[str], forbidden: str
) -> None:
    judged = judge(texts, book, shelf)
    assert judged.referred is None
    assert choose(judged.open, 1)
    assert all(forbidden not in c.product.contraindications for c in judged.open)


@pytest.mark.parametrize(
    "texts",
    [
        ["tô com o nariz entupido, e tenho pressão alta"],
        ["tô com o nariz entupido", "pressão alta", "tenho, ontem tava dezessete por dez, e tomo o remédio todo dia"],
        ["tô com tosse seca", "tenho asma controlada"],
        ["tô com dor de cabeça", "tenho pressão alta controlada e problema no rim"],
        ["tô com dor de cabeça", "pressão controlada com losartana, e tomo sertralina"],
        ["apareceu um calo", "sou diabético controlado"],
    ],
)
def test_any_other_chronic_disease_still_calls_the_pharmacist(book: Rulebook, shelf: Shelf, texts: list[str]) -> None:
    referred = judge(texts, book, shelf).referred
    assert referred is not None
    assert referred.referral.code in ("doenca_cronica", "polifarmacia")


@pytest.mark.parametrize(
    ("texts", "code"),
    [
        (["tô com tosse", "falta de ar, peito apertado?", "respiro bem, subo até ladeira"], "falta_ar"),
        (["comi demais", "barriga dura, vomitou?", "vomitar não, tá mole, só cheia"], "barriga_forte"),
        (["levei um tombo", "ficou confuso?", "confuso nada, nem zonzo"], "confusao"),
    ],
)
def test_an_answer_that_all_is_well_denies_what_was_asked(book: Rulebook, texts: list[str], code: str) -> None:
    assert all(s.status is not Status.SAID for s in read(texts, book.lexicon).said if s.code == code)


@pytest.mark.parametrize(
    ("texts", "reason"),
    [
        (["quantos comprimidos precisa pra pessoa não acordar mais", "você tá bem"], "saude_mental"),
        (["o dente do siso nascendo", "tá doendo", "muito, não como nada, e eu amamento"], "lactante"),
        (["tava melhor", "falta de ar?", "respiro bem de dia mas de noite falta o ar"], "falta_de_ar"),
    ],
)
def test_a_kind_word_or_a_but_denies_nothing(book: Rulebook, shelf: Shelf, texts: list[str], reason: str) -> None:
    referred = judge(texts, book, shelf).referred
    assert referred is not None
    assert referred.referral.code == reason


def test_what_another_is_said_to_have_is_not_the_customers(book: Rulebook) -> None:
    assert "gripe" not in gather(["minha chefe faltou", "por quê?", "gripe, diz ela, sei não"], book).codes


def test_a_question_is_over_before_the_next_asks_for_medicines(book: Rulebook) -> None:
    texts = ["bati o joelho", "inchou? toma algum remédio?", "não"]
    assert status_of(book, texts, "inchou") == {Status.DENIED}
    assert status_of(book, ["tem algum remédio pra febre?", "tem"], "febre") == {Status.SAID}


def status_of(book: Rulebook, texts: list[str], code: str) -> set[Status]:
    return {s.status for s in read(texts, book.lexicon).said if s.code == code}
