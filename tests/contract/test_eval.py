"""`balto eval` against the emulators: recordings the whole way, and a model over HTTP."""

import json
import shutil
from pathlib import Path

import pytest
from typer.testing import CliRunner

from cli.main import app
from cli.output import CommandError
from sandbox.recordings import DIALOGUES
from sandbox.server import SandboxServer

TEXT = """\
- id: cabeca
  turns: [{t: 0, text: "oi"}, {t: 2, text: "estou com dor de cabeça desde ontem"}]
  expect: {outcome: recommend}
- id: preco
  turns: [{t: 0, text: "quanto custa o sabonete"}, {t: 2, text: "cinco reais"}]
  expect: {outcome: silence}
"""


def evaluate(*arguments: str | Path) -> str:
    done = CliRunner().invoke(app, ["eval", *map(str, arguments)])
    if done.exception is not None and not isinstance(done.exception, SystemExit):
        raise done.exception
    assert done.exit_code == 0, done.output
    return done.output


def lines(path: Path) -> list[dict[str, object]]:
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]


def test_the_shipped_recordings_come_out_as_their_scripts_say(tmp_path: Path) -> None:
    results = tmp_path / "now.jsonl"
    output = evaluate(DIALOGUES, "--sandbox", "--recommender", "model", "--strict", "--results", results)
    found = lines(results)
    assert {line["id"]: line["outcome"] for line in found} == {
        "aperto_no_peito": "refer",
        "azia_com_ruido": "recommend",
        "dor_de_cabeca": "recommend",
        "dor_de_garganta": "recommend",
        "preco_e_pagamento": "silence",
    }
    assert all(line["talk"]["stt_calls"] and line["talk"]["stt_usd"] > 0 for line in found)  # type: ignore[index]
    assert {line["engine"] for line in found if line["outcome"] == "recommend"} == {"xai"}
    assert "an hour at the counter" in output
    assert "SANDBOX" in output


def test_a_recording_may_be_named_in_a_list(tmp_path: Path) -> None:
    shutil.copy(DIALOGUES / "aperto_no_peito.wav", tmp_path)
    path = tmp_path / "casos.yaml"
    path.write_text("- {id: a, audio: aperto_no_peito.wav, expect: {outcome: refer, refer_reason: dor_toracica}}\n")
    results = tmp_path / "now.jsonl"
    evaluate(path, "--sandbox", "--strict", "--results", results)
    [line] = lines(results)
    assert (line["outcome"], line["refer_reason"], line["cost_usd"]) == (
        "refer",
        "dor_toracica",
        pytest.approx(0.0012, abs=1e-3),
    )
    assert "peito" in " ".join(line["heard"])  # type: ignore[arg-type]


async def test_a_model_elsewhere_is_reached_by_flags(tmp_path: Path) -> None:
    import asyncio

    path, results = tmp_path / "d.yaml", tmp_path / "now.jsonl"
    path.write_text(TEXT, encoding="utf-8")
    async with SandboxServer() as server:
        setting = ["--set", "model.provider=openai_compatible", "--set", f"model.base_url={server.url}"]
        environment = {"BALTO_LLM_API_KEY": "sandbox"}
        arguments = ["eval", str(path), "--recommender", "model", *setting, "--results", str(results)]
        done = await asyncio.to_thread(CliRunner().invoke, app, arguments, env=environment)
    assert done.exit_code == 0, done.output
    by_id = {line["id"]: line for line in lines(results)}
    assert (by_id["cabeca"]["outcome"], by_id["cabeca"]["engine"]) == ("recommend", "openai_compatible")
    assert by_id["preco"]["outcome"] == "silence"


def test_a_model_that_is_away_is_told_as_answered_without_it(tmp_path: Path) -> None:
    path, results = tmp_path / "d.yaml", tmp_path / "now.jsonl"
    path.write_text(TEXT, encoding="utf-8")
    away = ["--set", "model.provider=openai_compatible", "--set", "model.base_url=http://127.0.0.1:9"]
    evaluate(path, "--recommender", "model", *away, "--results", results)
    [line] = [line for line in lines(results) if line["id"] == "cabeca"]
    assert (line["outcome"], line["engine"], line["fell_back"]) == ("recommend", "deterministico", 1)


def test_a_file_that_is_no_recording_is_one_sentence(tmp_path: Path) -> None:
    from client.errors import ClientError

    (tmp_path / "a.wav").write_text("not audio")
    (tmp_path / "a.yaml").write_text("name: a\nexpects: silencio\n")
    with pytest.raises(ClientError, match=r"a\.wav cannot be read as a WAV file"):
        evaluate(tmp_path, "--sandbox")


def test_recordings_without_a_key_say_which(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("ELEVENLABS_API_KEY", raising=False)
    with pytest.raises(CommandError, match="ELEVENLABS_API_KEY is not set.*--sandbox"):
        evaluate(DIALOGUES)
