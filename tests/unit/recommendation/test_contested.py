"""A referral that the second reading sets aside, and those that it never may."""

from dataclasses import replace
from pathlib import Path

import pytest

from pipeline.recommendation.errors import RulesError
from pipeline.recommendation.judge import judge
from pipeline.recommendation.rulebook import Rulebook, load_rulebook
from pipeline.recommendation.shelf import Shelf

CERTAIN = 0.999999
ALMOST_NOTHING = 0.000001
NEIGHBOUR = [
    "meu vizinho ganhou um rim novo", "que bom", "e eu peguei frieira entre os dedos, tem uma pomada", "tem sim"
]  # fmt: skip
DIABETIC = ["tem alguma coisa pra tosse seca", "toma remédio", "sou diabética e descontrolada", "entendi"]
GIVE_WAY = {"trauma", "olho_alarme", "sangramento", "infeccao_pele", "abdome_agudo", "sintoma_persistente"}


def yielding(book: Rulebook, yields_from: float | None, **limits: float) -> Rulebook:
    """The book with every rule as ready to give way."""
    reading = book.doubt.leitura.model_copy(update=limits)
    referrals = tuple(replace(r, yields_from=yields_from) for r in book.referrals)
    return replace(book, referrals=referrals, doubt=book.doubt.model_copy(update={"leitura": reading}))


def test_a_rule_that_may_give_way_does_so_only_to_a_reading_sure_enough(book: Rulebook, shelf: Shelf) -> None:
    assert judge(NEIGHBOUR, yielding(book, None), shelf).referred
    assert judge(NEIGHBOUR, yielding(book, CERTAIN), shelf).referred
    assert judge(NEIGHBOUR, yielding(book, 0.5), shelf).open


def test_what_sounds_dangerous_is_referred_however_permitted(book: Rulebook, shelf: Shelf) -> None:
    told = yielding(book, ALMOST_NOTHING, encaminhar=ALMOST_NOTHING)
    assert judge(NEIGHBOUR, told, shelf).referred


def test_without_a_product_to_show_it_stays_referred(book: Rulebook, shelf: Shelf) -> None:
    told = ["sou transplantada de rim", "o que deseja", "quero um remédio"]
    assert judge(told, yielding(book, ALMOST_NOTHING), shelf).referred


def test_what_the_rule_heard_still_forbids(book: Rulebook, shelf: Shelf) -> None:
    shown = judge(DIABETIC, yielding(book, ALMOST_NOTHING, livre=0.0, pedido=0.0), shelf).open
    assert all("diabetes" not in c.product.contraindications for c in shown)


def test_a_life_in_danger_is_never_contested(book: Rulebook) -> None:
    assert {r.code for r in book.referrals if r.urgent and r.yields_from is not None} == GIVE_WAY


def test_its_own_alarm_gives_way_to_its_own_permission(book: Rulebook, shelf: Shelf) -> None:
    asked = ["tem alguma coisa pra enxaqueca", "tem sim"]
    alarmed = {"encaminhar": ALMOST_NOTHING, "calar": ALMOST_NOTHING, "de_outros": ALMOST_NOTHING}
    assert not judge(asked, yielding(book, None, livre_apesar=CERTAIN, **alarmed), shelf).open
    assert judge(asked, yielding(book, None, livre_apesar=ALMOST_NOTHING, **alarmed), shelf).open


@pytest.mark.parametrize("wrong", ["0", "1", "talvez"])
def test_a_limit_that_is_none_stops_the_start(wrong: str, tmp_path: Path) -> None:
    folder = tmp_path / "rules"
    folder.mkdir()
    for file in ("alarmes.yaml", "lexico.yaml", "segunda_leitura.json"):
        (folder / file).symlink_to(Path("configs/rules").resolve() / file)
    rules = Path("configs/rules/regras.yaml").read_text(encoding="utf-8")
    wronged = rules.replace("contestavel: 0.95", f"contestavel: {wrong}", 1)
    (folder / "regras.yaml").write_text(wronged, encoding="utf-8")
    with pytest.raises(RulesError, match="contestavel"):
        load_rulebook(folder / "regras.yaml")
