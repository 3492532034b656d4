"""`balto ab` against the emulators."""

import re
from pathlib import Path

import pytest
from typer.testing import CliRunner

from cli.main import app
from cli.output import CommandError


def compare(*arguments: str) -> str:
    done = CliRunner().invoke(app, ["ab", *arguments], env={"COLUMNS": "160"})
    if done.exception is not None and not isinstance(done.exception, SystemExit):
        raise done.exception
    return done.output


def test_says_of_both_ways_what_was_heard_how_fast_and_for_how_much() -> None:
    output = compare("--sandbox", "--speed", "10", "--budget-s", "60", "--set", "transcription.keyterms_limit=0")
    assert output.count("Eu estou com dor de cabeça desde ontem.") == 2
    rows = re.findall(r"(batch|realtime)\W+([\d.]+) ms\W+([\d.]+) ms\W+US\$ ([\d.]+)\W+(\d+)", output)
    assert [(row[0], row[4]) for row in rows] == [("batch", "0"), ("realtime", "0")]
    batch_usd, realtime_usd = (float(row[3]) for row in rows)
    assert realtime_usd / batch_usd == pytest.approx(0.39 / 0.22, rel=0.1)  # less silence is sent in realtime
    assert "SANDBOX" in output


def test_without_a_key_it_says_what_to_do(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("ELEVENLABS_API_KEY", raising=False)
    with pytest.raises(CommandError, match="balto ab --sandbox"):
        compare()


def test_a_service_that_refuses_both_ways_is_named_with_its_reason_and_fails_the_command(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("ELEVENLABS_API_KEY", "a-key")
    monkeypatch.setenv("ELEVENLABS_BASE_URL", "http://127.0.0.1:1")
    done = CliRunner().invoke(app, ["ab", "--speed", "20", "--budget-s", "5"], env={"COLUMNS": "160"})
    assert isinstance(done.exception, CommandError)
    assert "batch answered nothing (transitoria)" in str(done.exception)
    rows = re.findall(r"(batch|realtime)\W+–\W+–\W+US\$ 0\.000000\W+(\d+)", done.output)
    assert [(way, int(failed) > 0) for way, failed in rows] == [("batch", True), ("realtime", True)]
