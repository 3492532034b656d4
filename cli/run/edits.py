"""An edit of `serve_config.yaml` while Balto runs takes effect at once when it is sound, else it changes nothing."""

from collections.abc import Callable
from pathlib import Path

from cli.output import CommandError
from cli.run.announce import edit_applied, edit_refused, next_start
from cli.run.config_file import ConfigFile, read_config

AT_START = "http_options"  # Serve reads them once


class Edits:
    """`look` compares the file with what is running.

    `check` raises CommandError for what could not run here; `apply` hands the file to the running graph.
    """

    def __init__(self, running: ConfigFile, check: Callable[[ConfigFile], None], apply: Callable[[Path], None]) -> None:
        self._running = running
        self._check = check
        self._apply = apply
        self._seen = _state(running.path)

    def look(self) -> None:
        state = _state(self._running.path)
        if state is None or state == self._seen:
            return
        self._seen = state
        try:
            edited = read_config(self._running.path)
            if edited.document != self._running.document:
                self._check(edited)
                self._take(edited)
        except CommandError as error:
            edit_refused(str(error))

    def _take(self, edited: ConfigFile) -> None:
        self._apply(edited.path)
        if edited.document.get(AT_START) != self._running.document.get(AT_START):
            next_start(AT_START)
        self._running = edited
        edit_applied(edited.path)


def _state(path: Path) -> tuple[int, int] | None:
    """None while an editor has the file away."""
    try:
        found = path.stat()
    except OSError:
        return None
    return found.st_mtime_ns, found.st_size
