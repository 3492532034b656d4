"""`balto`: every command, mounted. Modules load fast; what is heavy is imported when a command runs."""

import importlib
import importlib.util
import os
import sys

import typer

from cli.counter import counter
from cli.keys import keys
from cli.output import CommandError, show_error
from cli.run.command import run
from client.errors import ClientError

app = typer.Typer(
    name="balto",
    help="Balto listens at a pharmacy counter and shows the attendant one product that fits, and why.",
    no_args_is_help=True,
    add_completion=False,
    rich_markup_mode="rich",
    pretty_exceptions_enable=False,
)
app.command()(run)
app.command()(counter)
app.add_typer(keys, name="keys")


def _mount_others() -> None:
    """The commands of the other stages."""
    for module, attribute, name in (
        ("cli.query", "query", "query"),
        ("cli.report", "report", "report"),
        ("cli.erase", "erase", "erase"),
        ("cli.gate", "gate", "gate"),
        ("cli.eval", "evaluate", "eval"),
        ("cli.ab", "ab", "ab"),
        ("cli.catalogue", "app", "catalogue"),
    ):
        if importlib.util.find_spec(module) is None:
            continue
        command = getattr(importlib.import_module(module), attribute)
        if isinstance(command, typer.Typer):
            app.add_typer(command, name=name)
        else:
            app.command(name)(command)


_mount_others()


def main() -> None:
    try:
        app()
    except (CommandError, ClientError) as error:
        show_error(str(error))
        sys.exit(1)
    except BrokenPipeError:  # the reader of our output left: `balto query … | head`
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        sys.exit(1)
