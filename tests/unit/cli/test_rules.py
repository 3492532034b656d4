"""`balto regras`, on a small folder of cases."""

import shutil
from pathlib import Path

import pytest
from typer.testing import CliRunner

from cli.output import CommandError
from cli.rules import app
from configs.recommendation import RecommendationSettings
from pipeline.recommendation.second_reading import FILE_NAME

CASES = """\
- {falas: ["meu pai engasgou e ficou roxo"], encaminhar: falta_de_ar}
- {falas: ["minha tia engasgou e ficou roxa"], encaminhar: falta_de_ar}
- {falas: ["meu pai quer sabonete"]}
- {falas: ["minha tia quer sabonete"]}
"""


@pytest.fixture
def rules(tmp_path: Path) -> Path:
    shutil.copy(RecommendationSettings().rules, tmp_path / "regras.yaml")
    (tmp_path / "casos").mkdir()
    (tmp_path / "casos" / "casos.yaml").write_text(CASES, encoding="utf-8")
    return tmp_path / "regras.yaml"


def test_learning_writes_weights_that_check_accepts(rules: Path) -> None:
    learnt = CliRunner().invoke(app, ["aprender", "--rules", str(rules)])
    assert learnt.exit_code == 0
    assert "4 cases" in learnt.output
    assert CliRunner().invoke(app, ["check", "--rules", str(rules)]).exit_code == 0


def test_check_refuses_weights_of_other_cases(rules: Path) -> None:
    CliRunner().invoke(app, ["aprender", "--rules", str(rules)])
    cases = rules.parent / "casos" / "casos.yaml"
    cases.write_text(CASES + '- {falas: ["bom dia"]}\n', encoding="utf-8")
    refused = CliRunner().invoke(app, ["check", "--rules", str(rules)])
    assert isinstance(refused.exception, CommandError)
    assert "aprender" in str(refused.exception)


def test_a_missing_file_is_named(rules: Path) -> None:
    refused = CliRunner().invoke(app, ["check", "--rules", str(rules)])
    assert isinstance(refused.exception, CommandError)
    assert FILE_NAME in str(refused.exception)
