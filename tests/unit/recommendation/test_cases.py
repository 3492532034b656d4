"""The cases kept beside the rules, on the starter catalogue."""

from pathlib import Path
from typing import Any

import pytest
import yaml

from configs.recommendation import RecommendationSettings
from pipeline.recommendation.checks import is_literal
from pipeline.recommendation.judge import choose, judge
from pipeline.recommendation.rulebook import Rulebook
from pipeline.recommendation.shelf import Shelf

CASES = RecommendationSettings().rules.parent / "casos"


def cases(name: str) -> list[Any]:
    loaded = yaml.safe_load((CASES / name).read_text(encoding="utf-8"))
    return [pytest.param(case, id=" / ".join(case["falas"])[:60]) for case in loaded]


@pytest.mark.parametrize("case", cases("encaminhar.yaml"))
def test_refers(case: dict[str, Any], book: Rulebook, shelf: Shelf) -> None:
    judged = judge(case["falas"], book, shelf)
    assert judged.referred is not None
    assert judged.referred.referral.code in [case["encaminhar"], *case.get("tambem", [])]
    assert judged.referred.evidence
    assert all(is_literal(quote, case["falas"]) for quote in judged.referred.evidence)
    assert judged.open == ()


@pytest.mark.parametrize("case", cases("sugerir.yaml"))
def test_suggests(case: dict[str, Any], book: Rulebook, shelf: Shelf) -> None:
    judged = judge(case["falas"], book, shelf)
    chosen = [c.product.sku for c in choose(judged.open, 2)]
    assert judged.referred is None
    assert chosen
    assert set(chosen) <= set(case["sugerir"])
    offered = {c.product.sku for c in judged.open}
    assert not offered & set(case.get("nunca", []))
    assert all(is_literal(quote, case["falas"]) for c in judged.open for quote in c.evidence)


@pytest.mark.parametrize("case", cases("calar.yaml"))
def test_stays_silent(case: dict[str, Any], book: Rulebook, shelf: Shelf) -> None:
    judged = judge(case["falas"], book, shelf)
    assert judged.referred is None
    assert judged.open == ()
    assert judged.silence


def test_every_referral_has_a_case(book: Rulebook) -> None:
    covered = {case["encaminhar"] for case in yaml.safe_load((CASES / "encaminhar.yaml").read_text(encoding="utf-8"))}
    assert {referral.code for referral in book.referrals} == covered


def test_cases_name_products_that_exist(shelf: Shelf) -> None:
    named = {
        sku
        for case in yaml.safe_load((CASES / "sugerir.yaml").read_text(encoding="utf-8"))
        for sku in [*case["sugerir"], *case.get("nunca", [])]
    }
    assert named <= shelf.catalogue.products.keys()


def test_rule_file_is_where_settings_say() -> None:
    assert Path(RecommendationSettings().rules).is_file()
