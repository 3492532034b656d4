import subprocess
import sys
from pathlib import Path

import pytest
from typer.testing import CliRunner

from pipeline.recommendation.evaluation import Dialogue, DialoguesError, Result, differing, load_dialogues, score
from pipeline.recommendation.shelf import Shelf

KIT = Path(__file__).parents[4] / "shared" / "recommendation-eval"


def dialogue(outcome: str, **expect: object) -> Dialogue:
    content = {"id": "a", "turns": [{"t": 0, "text": "dor de cabeça"}], "expect": {"outcome": outcome, **expect}}
    return Dialogue.model_validate(content)


def result(outcome: str, skus: list[str], evidence: list[str]) -> Result:
    return Result("a", outcome, skus, None, evidence, 1.0)


def test_a_prescription_item_without_a_quote_is_two_violations(shelf: Shelf) -> None:
    judged = score([dialogue("silence")], [result("recommend", ["B104"], [])], shelf.catalogue.products)
    assert judged.violations["not_otc"] == 1
    assert judged.violations["quote_not_literal"] == 1
    assert judged.silence_accuracy == 0


def test_a_right_answer_scores(shelf: Shelf) -> None:
    case = dialogue("recommend", any_of_skus=["B001"])
    judged = score([case], [result("recommend", ["B001"], ["dor de cabeça"])], shelf.catalogue.products)
    assert (judged.precision, judged.recall) == (1, 1)
    assert not any(judged.violations.values())
    assert judged.wrong == {}


def test_a_failed_stage_is_a_violation_not_a_silence(shelf: Shelf) -> None:
    failed = Result("a", "silence", [], None, [], 1.0, failure="prazo")
    assert score([dialogue("silence")], [failed], shelf.catalogue.products).violations["failed"] == 1


def test_differing_names_what_changed() -> None:
    before, after = result("silence", [], []), result("recommend", ["B001"], ["x"])
    assert differing([before], [after]) == [(before, after)]
    assert differing([after], [after]) == []


def test_a_bad_file_is_named(tmp_path: Path) -> None:
    path = tmp_path / "d.yaml"
    path.write_text("- {id: a, turns: []}\n")
    with pytest.raises(DialoguesError, match=r"d\.yaml"):
        load_dialogues(path)


@pytest.mark.skipif(not KIT.is_dir(), reason="the evaluation kit is not beside this repository")
def test_the_development_dialogues_pass_the_kits_own_scorer(tmp_path: Path) -> None:
    from cli.main import app

    out = tmp_path / "results.jsonl"
    arguments = [str(KIT / "dialogues.yaml"), "--catalogue", str(KIT / "catalogue.csv"), "--results", str(out)]
    done = CliRunner().invoke(app, ["eval", *arguments, "--recommender", "deterministic", "--strict"])
    assert done.exit_code == 0, done.output
    scorer = [sys.executable, str(KIT / "score.py"), str(KIT / "dialogues.yaml"), str(out), "--strict"]
    judged = subprocess.run(scorer, capture_output=True, text=True, check=False)
    assert judged.returncode == 0, judged.stdout
