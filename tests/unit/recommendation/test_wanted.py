"""Whether a complaint that is named at the counter is told for something to be done about it."""

import pytest

from pipeline.recommendation.facts import gather
from pipeline.recommendation.judge import judge
from pipeline.recommendation.rulebook import Rulebook
from pipeline.recommendation.shelf import Shelf
from pipeline.recommendation.wanted import wanted


@pytest.mark.parametrize(
    "texts",
    [
        ["azia depois da janta"],
        ["torci o pulso no vôlei", "mexe?", "mexo"],
        ["o pé do meu marido fede que só", "chulé", "é isso"],
        ["a faxina acabou comigo", "onde", "na lombar, dói quando abaixo"],
        ["meu filho de sete tá com tosse seca", "febre, chiado?", "nem um nem outro"],
        ["boa tarde", "vim só buscar uma coisa pra azia"],
        ["a gripe chegou lá em casa", "e o senhor", "vê alguma coisa que alivie o nariz"],
    ],
)
def test_a_complaint_with_one_sign_of_its_owner_is_wanted(book: Rulebook, texts: list[str]) -> None:
    assert wanted(gather(texts, book))


@pytest.mark.parametrize(
    "texts",
    [
        ["lota de gripe nessa época", "lota", "ainda bem que a vacina chegou", "pois é, fica com deus"],
        ["o rafael amanheceu com enxaqueca diz a mulher dele", "coitado", "quanto é o barbeador"],
        ["vamos ensaiar o atendimento", "oi, tô com azia desde cedo", "e o que você pergunta primeiro"],
        ["eu tô com essa insônia por sua causa, ricardo", "não perca no próximo capítulo"],
        ["minha garganta tava ruim, tenho a pastilha em casa", "melhoras", "vim só trocar esse esmalte"],
        ["os xaropes de tosse ficam na prateleira de baixo", "e a etiqueta", "já remarquei"],
        ["meu totó tá de intestino solto", "é cachorro né", "é, que que eu dou pra ele"],
    ],
)
def test_a_symptom_that_nobody_wants_served_is_silence(book: Rulebook, shelf: Shelf, texts: list[str]) -> None:
    judged = judge(texts, book, shelf)
    assert judged.referred is None
    assert judged.open == ()


@pytest.mark.parametrize(
    ("texts", "kept_out"),
    [
        (
            ["ralei a mão no muro", "vou pegar um spray", "não me dá nada que tenha clorexidina não"],
            "alergia_clorexidina",
        ),
        (["tô com dor de dente", "tem dipirona", "a dipirona me deixa empipocada"], "alergia_dipirona"),
        (["minha filha de nove tá com febre", "alergia", "só dipirona ela fica toda pintadinha"], "alergia_dipirona"),
        (["dor nas costas", "aspirina?", "vixe, aspirina me deu placa no corpo"], "alergia_aas"),
    ],
)
def test_what_the_customer_will_not_have_is_left_out(book: Rulebook, texts: list[str], kept_out: str) -> None:
    assert kept_out in gather(texts, book).forbidden


def test_an_ingredient_refused_by_its_brand_is_left_out(book: Rulebook, shelf: Shelf) -> None:
    judged = judge(["tô com dor de cabeça", "vai de tylenol", "tylenol me deixa coçando, o resto eu tomo"], book, shelf)
    assert judged.open
    assert all("paracetamol" not in candidate.product.ingredients for candidate in judged.open)


@pytest.mark.parametrize(
    "texts",
    [
        ["tô com dor no ombro", "uma vez tomei uma cápsula pra dor e fui parar no oxigênio, nem sei qual"],
        ["cólica forte", "o que a senhora toma", "todo analgésico que eu tomo me dá vergão"],
        ["garganta raspando", "tem alergia?", "sou alérgica a uns cinco remédios, tá tudo na ficha do posto"],
    ],
)
def test_a_reaction_to_a_medicine_unknown_refers(book: Rulebook, shelf: Shelf, texts: list[str]) -> None:
    judged = judge(texts, book, shelf)
    assert judged.referred is not None
    assert judged.referred.referral.code == "alergia"


def test_a_queue_is_no_daughter(book: Rulebook) -> None:
    assert not gather(["fiquei na fila do banco e a cabeça tá doendo"], book).child
    assert gather(["minha filha tá com dor de cabeça"], book).child


@pytest.mark.parametrize(
    "texts",
    [
        ["antiácido pra azia", "doze", "creme de assadura", "dois, e o outro vence em junho"],
        ["quer levar a pastilha", "tenho uma caixa na gaveta pra quando a garganta arranha", "então só o absorvente"],
        ["a minha sobrinha vomitou no ônibus? a mãe dela já viu", "quem", "minha irmã, eu vim só pegar a encomenda"],
    ],
)
def test_stock_and_what_is_kept_at_home_are_silence(book: Rulebook, shelf: Shelf, texts: list[str]) -> None:
    assert judge(texts, book, shelf).open == ()
