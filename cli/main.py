"""`balto`: every command, mounted. Modules load fast; what is heavy is imported when a command runs."""

import os
import sys

import typer

from cli.ab import ab
from cli.catalogue import app as catalogue
from cli.counter import counter
from cli.erase import erase
from cli.eval import evaluate
from cli.eval_cases import cases
from cli.gate import gate
from cli.keys import keys
from cli.output import CommandError, show_error
from cli.query import query
from cli.report import report
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
app.command(rich_help_panel="Serve")(run)
app.add_typer(keys, name="keys", rich_help_panel="Serve")
app.command(rich_help_panel="Be a counter")(counter)
app.command(rich_help_panel="Ask the record")(query)
app.command(rich_help_panel="Ask the record")(report)
app.command(rich_help_panel="Ask the record")(erase)
app.command(rich_help_panel="Try and measure")(gate)
app.command("eval", rich_help_panel="Try and measure")(evaluate)
app.command(rich_help_panel="Try and measure")(cases)
app.command(rich_help_panel="Try and measure")(ab)
app.add_typer(catalogue, name="catalogo", rich_help_panel="Try and measure")


def main() -> None:
    try:
        app()
    except (CommandError, ClientError) as error:
        show_error(str(error))
        sys.exit(1)
    except BrokenPipeError:  # the reader of our output left: `balto query … | head`
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        sys.exit(1)
