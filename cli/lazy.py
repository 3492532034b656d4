"""Commands that are imported when they are used: listing them loads none, and one that is broken stops no other."""

from dataclasses import dataclass
from importlib import import_module
from typing import Any

import typer
from typer.core import TyperCommand, TyperGroup
from typer.main import get_command, get_group


@dataclass(frozen=True, slots=True)
class Entry:
    """One line of the list: a command, or a group of them."""

    name: str
    target: str  # module:attribute, a function or a typer.Typer
    panel: str
    line: str  # the first line of its own help

    def load(self) -> Any:
        """What `target` names."""
        module, attribute = self.target.split(":")
        return getattr(import_module(module), attribute)


def lazy_group(entries: tuple[Entry, ...]) -> type[TyperGroup]:
    """The class of a group that holds `entries`, for `typer.Typer(cls=…)`."""
    by_name = {entry.name: entry for entry in entries}

    class LazyGroup(TyperGroup):
        """Holds what stands in the list; a command itself takes its place when it is called."""

        def __init__(self, **settings: Any) -> None:
            super().__init__(**settings)
            for name, entry in by_name.items():
                self.commands[name] = TyperCommand(name, help=entry.line, rich_help_panel=entry.panel)

        def resolve_command(self, ctx: Any, args: list[str]) -> tuple[str | None, Any, list[str]]:
            name, listed, rest = super().resolve_command(ctx, args)
            found = by_name.get(name or "")
            return name, _command(found) if found else listed, rest

    return LazyGroup


def _command(entry: Entry) -> Any:
    found = entry.load()
    if isinstance(found, typer.Typer):
        group = get_group(found)
        group.name = entry.name
        return group
    alone = typer.Typer(add_completion=False, rich_markup_mode="rich", pretty_exceptions_enable=False)
    alone.command(entry.name)(found)
    return get_command(alone)
