import json
import subprocess
import sys
from pathlib import Path

import pytest
from typer.testing import CliRunner

from pipeline.recommendation.errors import RecommendationError
from pipeline.recommendation.evaluation import Outcome, Result, ResultsError, Talk, read_results
from pipeline.recommendation.evaluation_dialogues import Dialogue, DialoguesError, load_dialogues
from pipeline.recommendation.evaluation_score import differing, score
from pipeline.recommendation.shelf import Shelf

KIT = Path(__file__).parents[4] / "shared" / "recommendation-eval"


def dialogue(outcome: str, **expect: object) -> Dialogue:
    content = {"id": "a", "turns": [{"t": 0, "text": "dor de cabeça"}], "expect": {"outcome": outcome, **expect}}
    return Dialogue.model_validate(content)


def result(outcome: Outcome, skus: list[str], evidence: list[str]) -> Result:
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


def test_without_a_list_of_products_any_that_may_be_sold_freely_is_right(shelf: Shelf) -> None:
    judged = score(
        [dialogue("recommend")], [result("recommend", ["B001"], ["dor de cabeça"])], shelf.catalogue.products
    )
    assert (judged.precision, judged.recall, judged.wrong) == (1, 1, {})
    judged = score(
        [dialogue("recommend")], [result("recommend", ["B104"], ["dor de cabeça"])], shelf.catalogue.products
    )
    assert judged.violations["not_otc"] == 1


def test_figures_are_of_the_dialogues_asked_about(shelf: Shelf) -> None:
    dear = Result("b", "silence", [], None, [], 900.0, cost_usd=1.0)
    judged = score([dialogue("silence")], [result("silence", [], []), dear], shelf.catalogue.products)
    assert (judged.cost_usd, judged.latency_p95_ms) == (0, 1.0)


@pytest.mark.parametrize(
    ("content", "told"),
    [
        ("- {id: a, turns: [], expect: {outcome: silence}}\n", r"d\.yaml:1: dialogue a.*neither turns nor audio"),
        ("- id: a\n  turns:\n    - {t: 0}\n  expect: {outcome: silence}\n", r"d\.yaml:3: dialogue a: turns\.0\.text"),
        ("- id: a\n  turns: [{t: 0, text: x}]\n  expect: {outcome: talvez}\n", r"d\.yaml:3: .*expect\.outcome"),
        ("a: 1\n", "a list of dialogues is expected"),
        ("- [\n", "is not YAML"),
        ("\x00", "is not YAML text"),
        ("[]\n", "no dialogues"),
        ("- &a {id: a, turns: [{t: 0, text: x}], expect: {outcome: silence}}\n- *a\n", "repeated id a"),
    ],
)
def test_a_bad_file_is_told_by_file_line_and_dialogue(tmp_path: Path, content: str, told: str) -> None:
    path = tmp_path / "d.yaml"
    path.write_text(content)
    with pytest.raises(RecommendationError, match=told):
        load_dialogues(path)


def test_an_entry_with_audio_is_found_beside_its_file(tmp_path: Path) -> None:
    path = tmp_path / "d.yaml"
    path.write_text("- {id: a, audio: um.wav, expect: {outcome: refer}}\n")
    assert load_dialogues(path)[0].audio == tmp_path / "um.wav"


def test_a_folder_of_recordings_is_read(tmp_path: Path) -> None:
    (tmp_path / "um.wav").touch()
    with pytest.raises(DialoguesError, match=r"um\.wav: has no um\.yaml"):
        load_dialogues(tmp_path)
    script = tmp_path / "um.yaml"
    script.write_text("name: um\nexpects: encaminhar\nutterances: [{start_s: 1.5, text: falta de ar}]\n")
    [found] = load_dialogues(tmp_path)
    assert (found.id, found.expect.outcome, found.turns[0].t, found.audio) == ("um", "refer", 1.5, tmp_path / "um.wav")
    script.write_text("name: um\nexpects: alguma coisa\n")
    with pytest.raises(DialoguesError, match="one of recomendar"):
        load_dialogues(tmp_path)


def test_results_come_back_as_they_were_written(tmp_path: Path) -> None:
    path = tmp_path / "r.jsonl"
    talk = Talk(
        duration_s=8.0, forwarded_s=6.0, questions=2, at_once=1, stt_calls=2, stt_usd=0.1, llm_calls=0, llm_usd=0
    )
    whole = Result("a", "refer", [], "avc", ["boca torta"], 3.5, withdrawn=["B001"], heard=["boca torta"], talk=talk)
    path.write_text(json.dumps(whole.line()) + "\n\n")
    assert read_results(path) == [whole]


@pytest.mark.parametrize(
    ("content", "told"), [("", "holds no results"), ('{"id": "a"}\n', r"r\.jsonl:1: is not a line")]
)
def test_bad_results_are_named(tmp_path: Path, content: str, told: str) -> None:
    path = tmp_path / "r.jsonl"
    path.write_text(content)
    with pytest.raises(ResultsError, match=told):
        read_results(path)


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
