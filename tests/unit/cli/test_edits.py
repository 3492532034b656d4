"""An edited file is applied once, when it is sound; the graph that runs is left alone otherwise."""

from collections.abc import Callable
from pathlib import Path

import pytest

from cli.output import CommandError
from cli.run.config_file import ConfigFile, read_config
from cli.run.edits import Edits

RUNNING = "http_options: {port: 1}\napplications: [{name: balto, replicas: 1}]\n"


class Running:
    """A file, and what was applied of it."""

    def __init__(self, folder: Path) -> None:
        self.path = folder / "serve_config.yaml"
        self.path.write_text(RUNNING, encoding="utf-8")
        self.applied: list[str] = []
        self.edits = Edits(read_config(self.path), self._check, lambda path: self.applied.append(path.read_text()))

    def edit(self, text: str) -> None:
        self.path.write_text(text, encoding="utf-8")
        self.edits.look()

    def _check(self, config: ConfigFile) -> None:
        if config.document["applications"][0]["replicas"] < 1:
            raise CommandError(f"{config.at(('applications', 0, 'replicas'))}: at least one replica")


@pytest.fixture
def running(tmp_path: Path) -> Running:
    return Running(tmp_path)


Said = Callable[[], str]


@pytest.fixture
def said(capsys: pytest.CaptureFixture[str]) -> Said:
    return lambda: " ".join(capsys.readouterr().out.split())


def test_a_sound_edit_is_applied_once(running: Running, said: Said) -> None:
    edited = RUNNING.replace("replicas: 1", "replicas: 2")
    running.edit(edited)
    running.edits.look()
    assert running.applied == [edited]
    assert said().startswith("applied")


def test_a_file_that_says_the_same_is_not_applied_again(running: Running) -> None:
    running.edit(f"# a comment\n{RUNNING}")
    assert running.applied == []


@pytest.mark.parametrize(
    ("edit", "told"),
    [(RUNNING.replace("replicas: 1", "replicas: 0"), "line 2: at least one replica"), ("applications: [", "line")],
)
def test_what_could_not_run_is_told_with_its_line_and_mended_by_the_next_edit(
    running: Running, said: Said, edit: str, told: str
) -> None:
    running.edit(edit)
    assert running.applied == []
    assert told in said()
    mended = RUNNING.replace("replicas: 1", "replicas: 3")
    running.edit(mended)
    assert running.applied == [mended]


def test_a_file_that_is_away_for_a_moment_is_not_an_edit_of_its_own(running: Running) -> None:
    running.path.unlink()
    running.edits.look()
    running.edit(RUNNING.replace("replicas: 1", "replicas: 22"))
    assert len(running.applied) == 1


def test_what_serve_reads_only_at_its_start_is_said_to_wait(running: Running, said: Said) -> None:
    running.edit(RUNNING.replace("port: 1", "port: 22"))
    assert "http_options take effect at the next start" in said()
