"""How the command speaks: one console for results, one for errors, one way to fail."""

from rich.console import Console
from rich.markup import escape
from rich.theme import Theme

THEME = Theme({"good": "green", "warn": "yellow", "bad": "bold red", "quiet": "dim", "value": "bold cyan"})

out = Console(theme=THEME, highlight=False)
err = Console(theme=THEME, highlight=False, stderr=True)


class CommandError(Exception):
    """The command cannot go on; the message is one sentence that says what, where and how to mend it."""


def show_error(message: str) -> None:
    err.print(f"[bad]error:[/bad] {escape(message)}", soft_wrap=True)
