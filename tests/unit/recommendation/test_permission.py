"""The second reading's word on a product that the rules allow."""

from dataclasses import replace

import pytest

from pipeline.recommendation.judge import judge
from pipeline.recommendation.rulebook import Rulebook
from pipeline.recommendation.shelf import Shelf

ASKED = ["tem alguma coisa pra enxaqueca", "tem sim"]
CERTAIN = 0.999999
ALMOST_NOTHING = 0.000001
ALARMED = {"encaminhar": ALMOST_NOTHING, "calar": ALMOST_NOTHING, "de_outros": ALMOST_NOTHING}


def with_limits(book: Rulebook, **limits: float) -> Rulebook:
    reading = book.doubt.leitura.model_copy(update=limits)
    return replace(book, doubt=book.doubt.model_copy(update={"leitura": reading}))


def test_what_is_asked_for_is_shown(book: Rulebook, shelf: Shelf) -> None:
    assert judge(ASKED, book, shelf).open


@pytest.mark.parametrize(("limit", "why"), [("pedido", "pedido em dúvida"), ("livre", "condição em dúvida")])
def test_below_a_limit_nothing_is_shown_and_the_silence_says_why(
    limit: str, why: str, book: Rulebook, shelf: Shelf
) -> None:
    judged = judge(ASKED, with_limits(book, **{limit: CERTAIN}), shelf)
    assert judged.open == ()
    assert judged.referred is None
    assert judged.silence == why


def test_what_goes_with_a_purchase_needs_no_request(book: Rulebook, shelf: Shelf) -> None:
    bought = ["trouxe a receita da azitromicina", "ok vou pegar"]
    assert judge(bought, with_limits(book, pedido=CERTAIN, livre=0.0), shelf).open


def test_it_adds_nothing_and_takes_no_referral_back(book: Rulebook, shelf: Shelf) -> None:
    open_to_all = with_limits(book, pedido=0.0, livre=0.0, livre_apesar=ALMOST_NOTHING)
    assert judge(["bom dia", "que chuva hein"], open_to_all, shelf).open == ()
    tight_chest = ["queria uma pomada pra frieira", "claro", "e meu pai tá com um aperto no peito e suando frio"]
    assert judge(tight_chest, with_limits(book, pedido=CERTAIN), shelf).referred
    assert judge(tight_chest, open_to_all, shelf).referred


def test_its_alarm_gives_way_to_its_own_permission(book: Rulebook, shelf: Shelf) -> None:
    assert not judge(ASKED, with_limits(book, livre_apesar=CERTAIN, **ALARMED), shelf).open
    assert judge(ASKED, with_limits(book, livre_apesar=ALMOST_NOTHING, **ALARMED), shelf).open


def test_its_alarm_stays_where_no_product_is_permitted(book: Rulebook, shelf: Shelf) -> None:
    nothing_to_show = ["tem alguma coisa pra enxaqueca", "a senhora tá grávida", "tô"]
    told = with_limits(book, livre_apesar=ALMOST_NOTHING, **ALARMED)
    assert judge(nothing_to_show, told, shelf).referred
