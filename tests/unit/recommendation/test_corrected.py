"""Complaints taken back: another is found in their place, or a doctor has them already."""

import pytest

from pipeline.recommendation.facts import gather
from pipeline.recommendation.judge import judge
from pipeline.recommendation.rulebook import Rulebook
from pipeline.recommendation.shelf import Shelf


@pytest.mark.parametrize(
    ("texts", "gone", "left"),
    [
        (["pensei que era piolho mas a moça disse que é caspa"], "piolho", "caspa"),
        (["me dá um remédio de piolho", "viu bicho?", "achei que era, mas é caspa das brabas"], "piolho", "caspa"),
        (["achei que eram gases", "e não é?", "não, foi o músculo, dói quando giro"], "gases", "dor_muscular"),
        (["comprimido de verme", "verme eu já fiz exame e não tem, é a hemorroida"], "verme", "hemorroida"),
        (["peguei gripe", "nem sei por que falei gripe, é a rinite, espirro seguido"], "gripe", "rinite"),
        (["tosse cheia", "sai catarro?", "não sai nada não, é seca mesmo"], "tosse_catarro", "tosse_seca"),
        (
            ["creme de micose", "serve pra frieira", "então não, não é micose não, é o calcanhar rachado"],
            "frieira",
            "calcanhar",
        ),
        (["algo que eu não consigo dormir", "insônia?", "não, é a tosse seca, não me larga"], "insonia", "tosse_seca"),
        (["intestino solto e a cabeça doendo", "o intestino já vi com a médica"], "diarreia", "dor_cabeca"),
        (
            ["cara cheia de espinha e as costas ardendo do sol", "a espinha deixa com a dermato"],
            "espinha",
            "queimadura_sol",
        ),
        (["acho que é gases", "barriga dura?", "ai não pera, desceu agora, é cólica"], "gases", "colica_menstrual"),
        (["tô enjoando de manhã", "minha menstruação tá atrasada"], "enjoo", "atraso_menstrual"),
    ],
)
def test_what_is_taken_back_is_no_complaint(book: Rulebook, texts: list[str], gone: str, left: str) -> None:
    complaints = {said.code for said in gather(texts, book).complaints}
    assert left in complaints
    assert gone not in complaints


@pytest.mark.parametrize(
    ("texts", "kept"),
    [
        (["tô com azia", "achei que era do café"], "azia"),
        (["dor de garganta", "febre?", "não é febre não"], "garganta"),
        (["pensei que era caspa"], "caspa"),
        (["tô com tosse seca e o nariz entupido"], "nariz_entupido"),
    ],
)
def test_what_nothing_replaces_is_kept(book: Rulebook, texts: list[str], kept: str) -> None:
    assert kept in {said.code for said in gather(texts, book).complaints}


def test_what_is_taken_back_still_counts_for_referrals(book: Rulebook) -> None:
    facts = gather(["achei que era febre, mas é a rinite, espirro o dia todo"], book)
    assert "febre" in facts.codes


def test_a_late_period_with_nausea_is_answered_by_a_test(book: Rulebook, shelf: Shelf) -> None:
    texts = ["tô enjoando de manhã, tem dramin?", "é de viagem?", "não, minha menstruação tá atrasada doze dias"]
    judged = judge(texts, book, shelf)
    assert all("gravidez" not in candidate.product.contraindications for candidate in judged.open)


@pytest.mark.parametrize(
    ("texts", "months"),
    [
        (["xarope infantil", "qual idade", "vai fazer dois em dezembro"], 23.0),
        (["minha filha tá com tosse, completa dois anos no mês que vem"], 23.0),
        (["meu neto tá com tosse, nem andar anda ainda"], 12.0),
        (["meu filho tá com tosse", "quantos anos", "fez quatro"], 48.0),
        (["antialérgico pra minha filha", "quantos anos", "a irmã tem três e ela é dois anos mais nova"], 12.0),
        (["febre na menina", "que idade", "o irmão tem um e ela é três meses mais nova"], 9.0),
    ],
)
def test_an_age_that_is_still_to_come_is_not_reached(book: Rulebook, texts: list[str], months: float) -> None:
    assert gather(texts, book).age_months == months


@pytest.mark.parametrize(
    "texts",
    [
        ["o senhor tá mancando", "é a coluna", "quer alguma coisa pra dor", "quero nada não"],
        ["dentista é às cinco", "tá doendo?", "pouco, ela mandou não tomar nada, quero só o fio dental"],
        ["seu joão tá com tosse?", "é o ar", "quer um xarope", "não obrigado, só o desodorante"],
        ["quer levar alguma coisa pra essa gripe", "não, tô tomando chá, me vê só a gilete"],
        ["já levei a pomada de assadura ontem, hoje é só a fralda"],
        ["comprei esse antigripal e a caixa veio aberta", "quando foi", "sábado, troco por outra", "pode ser"],
        ["meu pai fazia uma batata amarrada pra dor de cabeça", "mentira", "juro", "vai querer a sacola"],
        ["tô com uma leve dorzinha de cabeça mas não é nada, leva a tinta"],
        ["aquele antialérgico resolveu", "que ótimo", "espirro zerou, hoje só vim pegar a nota"],
        ["minha mão tá coçando diz que é dinheiro chegando", "tomara"],
        ["no meu tempo piolho era querosene na cabeça", "credo", "sobrevivi, e o preço da fralda baixou?"],
        ["essa fila me dá dor de cabeça", "é dia de pagamento", "pois é"],
    ],
)
def test_what_is_refused_or_told_of_old_is_silence(book: Rulebook, shelf: Shelf, texts: list[str]) -> None:
    assert judge(texts, book, shelf).open == ()
