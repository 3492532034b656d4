import inspect
import subprocess
import sys

import pytest
import typer
from typer.testing import CliRunner

from cli import main
from cli.lazy import Entry

HEAVY = {"ray", "numpy", "duckdb", "pyarrow", "fastapi", "onnxruntime", "httpx", "pydantic", "yaml", "pipeline"}


def test_help_names_every_command() -> None:
    answer = CliRunner().invoke(main.app, ["--help"])
    assert answer.exit_code == 0
    for command in ("run", "counter", "keys", "query"):
        assert f" {command} " in answer.output


@pytest.mark.parametrize("entry", main.ENTRIES, ids=lambda entry: entry.name)
def test_the_list_says_of_each_command_what_its_own_help_says(entry: Entry) -> None:
    found = entry.load()
    own = found.info.help if isinstance(found, typer.Typer) else inspect.getdoc(found)
    assert entry.line == own.splitlines()[0]
    assert CliRunner().invoke(main.app, [entry.name, "--help"]).exit_code == 0


def test_an_unknown_command_is_told_with_its_neighbour() -> None:
    answer = CliRunner().invoke(main.app, ["quer"])
    assert answer.exit_code == 2
    assert "No such command 'quer'" in answer.output
    assert "query" in answer.output


def test_help_loads_nothing_heavy() -> None:
    """`balto --help` answers at once: what takes long to import waits until a command needs it."""
    script = f"""
import sys, cli.main
sys.argv = ["balto", "--help"]
try:
    cli.main.main()
except SystemExit:
    print(sorted({HEAVY} & set(sys.modules)))"""
    found = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert found.stdout.splitlines()[-1] == "[]"


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (["counter", "--key", "k"], "say what to stream: either --wav FILE or --mic"),
        (["counter", "--key", "k", "--mic", "--wav", "a.wav"], "say what to stream"),
        (["counter", "--key", "k", "--wav", "none.wav"], "there is no file none.wav"),
        (["keys", "revoke", "b1", "--server", "http://127.0.0.1:9"], "no answer from http://127.0.0.1:9"),
        (["run", "--config", "none.yaml"], "there is no file none.yaml; name one with --config"),
    ],
)
def test_an_error_is_one_line(
    arguments: list[str], told: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(sys, "argv", ["balto", *arguments])
    with pytest.raises(SystemExit) as ended:
        main.main()
    assert ended.value.code == 1
    complaint = capsys.readouterr().err.strip()
    assert complaint.startswith("error: ")
    assert told in complaint
    assert "\n" not in complaint
