"""`balto eval`: settings, a baseline, `--strict`, and mistakes told in one sentence."""

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner

from cli.eval_settings import read_settings
from cli.main import app
from cli.output import CommandError

CONFIG = """\
applications:
  - import_path: deployments.app:build_app
    args: {model: {name: grok-4.5}, gate: {engine: webrtc}}
"""
TEXT = """\
- id: a
  turns: [{t: 0, text: "estou com dor de cabeça desde ontem"}]
  expect: {outcome: recommend}
- id: b
  turns: [{t: 0, text: "quanto custa o sabonete"}]
  expect: {outcome: silence}
"""


@pytest.fixture
def dialogues(tmp_path: Path) -> Path:
    path = tmp_path / "d.yaml"
    path.write_text(TEXT, encoding="utf-8")
    return path


def line(name: str, outcome: str, **more: object) -> str:
    fields = {"id": name, "outcome": outcome, "skus": [], "refer_reason": None, "evidence": [], "latency_ms": 1.0}
    return json.dumps(fields | more) + "\n"


def invoke(*arguments: str | Path) -> tuple[int, str]:
    done = CliRunner().invoke(app, ["eval", *map(str, arguments)], env={"COLUMNS": "160"})
    if done.exception is not None and not isinstance(done.exception, SystemExit):
        raise done.exception
    return done.exit_code, done.output


def test_settings_are_the_graphs_and_set_goes_over_them(tmp_path: Path) -> None:
    path = tmp_path / "serve_config.yaml"
    path.write_text(CONFIG)
    settings = read_settings(path, ["model.temperature=0.5", "transcription.providers=[xai, elevenlabs]"])
    assert (settings.model.name, settings.model.temperature, settings.gate.engine) == ("grok-4.5", 0.5, "webrtc")
    assert settings.transcription.providers == ("xai", "elevenlabs")


def test_the_sites_threshold_goes_over_the_files_and_set_over_both(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As for the service, where VAD_ENERGY_THRESHOLD goes before `gate.energy_threshold`."""
    path = tmp_path / "serve_config.yaml"
    path.write_text(CONFIG.replace("engine: webrtc", "engine: webrtc, energy_threshold: 500"))
    monkeypatch.setenv("VAD_ENERGY_THRESHOLD", "150")
    assert read_settings(path, []).gate.energy_threshold == 150
    assert read_settings(path, ["gate.energy_threshold=900"]).gate.energy_threshold == 900
    monkeypatch.setenv("VAD_ENERGY_THRESHOLD", "alto")
    with pytest.raises(CommandError, match="VAD_ENERGY_THRESHOLD='alto' cannot be used"):
        read_settings(path, [])


@pytest.mark.parametrize(
    ("change", "told"),
    [
        ("temperature=1", "write section.name=value"),
        ("model.name", "write section.name=value"),
        ("model.nome=x", r"--set model\.nome: Extra inputs"),
        ("model.temperature=quente", r"--set model\.temperature: .*number"),
        ("model.name.first=x", "name holds a value"),
        ("model.name=[", "the value is not YAML"),
    ],
)
def test_a_wrong_setting_is_told(tmp_path: Path, change: str, told: str) -> None:
    path = tmp_path / "serve_config.yaml"
    path.write_text(CONFIG)
    with pytest.raises(CommandError, match=told):
        read_settings(path, [change])


def test_a_baseline_shows_what_changed_and_what_was_expected(dialogues: Path, tmp_path: Path) -> None:
    baseline = tmp_path / "before.jsonl"
    baseline.write_text(line("a", "silence", latency_ms=77.0, cost_usd=0.25) + line("other", "silence", latency_ms=9e9))
    code, output = invoke(dialogues, "--baseline", baseline)
    assert code == 0
    assert "1 of 1 dialogues changed" in output
    assert "a: silence → recommend" in output
    assert "(expected recommend)" in output
    assert "1 dialogues are not in the baseline" in output
    [cost] = [row for row in output.splitlines() if "cost_usd" in row]
    assert [cell.strip() for cell in cost.split("│")[2:4]] == ["0", "0.25"]
    [latency] = [row for row in output.splitlines() if "latency_p95_ms" in row]
    assert "77" in latency


def test_a_baseline_of_other_dialogues_is_refused(dialogues: Path, tmp_path: Path) -> None:
    baseline = tmp_path / "before.jsonl"
    baseline.write_text(line("other", "silence"))
    with pytest.raises(CommandError, match="none of these dialogues"):
        invoke(dialogues, "--baseline", baseline)


def test_strict_is_an_exit_code(dialogues: Path) -> None:
    assert invoke(dialogues, "--strict")[0] == 0
    dialogues.write_text(TEXT.replace("outcome: recommend}", "outcome: refer}\n  tags: [red_flag]"), encoding="utf-8")
    code, output = invoke(dialogues, "--strict")
    assert code == 1
    assert "red_flag_missed" in output
    assert invoke(dialogues)[0] == 0


def test_a_place_that_cannot_be_written_is_told_before_anything_runs(dialogues: Path, tmp_path: Path) -> None:
    with pytest.raises(CommandError, match="--results .* cannot be written"):
        invoke(dialogues, "--results", tmp_path / "nowhere" / "r.jsonl")


@pytest.mark.parametrize("name", ["none.yaml", "."])
def test_missing_dialogues_are_named(tmp_path: Path, name: str) -> None:
    with pytest.raises(CommandError, match=r"cannot be read|no WAV file in this folder"):
        invoke(tmp_path / name)


def test_a_model_without_a_key_says_what_to_do(
    dialogues: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("XAI_API_KEY", raising=False)
    with pytest.raises(CommandError, match="set XAI_API_KEY or"):
        invoke(dialogues, "--recommender", "model")


def test_asking_along_prices_an_hour(dialogues: Path) -> None:
    assert "an hour at the counter" in invoke(dialogues, "--along")[1]
    assert "an hour at the counter" not in invoke(dialogues)[1]


def test_a_card_that_a_referral_took_back_is_named(dialogues: Path) -> None:
    dialogues.write_text(
        "- id: c\n"
        '  turns: [{t: 0, text: "estou com dor muscular"}, {t: 9, text: "é dor no peito, vai para o braço"}]\n'
        "  expect: {outcome: refer}\n",
        encoding="utf-8",
    )
    output = invoke(dialogues, "--along")[1]
    [told] = [row for row in output.splitlines() if row.startswith("c showed")]
    assert told.endswith("then referred: dor_toracica")
    assert "showed" not in invoke(dialogues)[1]
