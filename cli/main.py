"""`balto`: every command, mounted. A command's module is imported when it runs."""

import os
import sys

import typer

from cli.lazy import Entry, lazy_group
from cli.output import CommandError, show_error
from client.errors import ClientError

SERVE, COUNTER, RECORD, MEASURE = "Serve", "Be a counter", "Ask the record", "Try and measure"
ENTRIES = (
    Entry("run", "cli.run.command:run", SERVE, "Start Balto here and serve counters until Ctrl-C."),
    Entry("keys", "cli.keys:keys", SERVE, "Make clients and counters on a server, revoke a counter's key."),
    Entry(
        "counter",
        "cli.counter:counter",
        COUNTER,
        "Stream to a server in real time, as a counter does, and show what it recommends.",
    ),
    Entry(
        "query",
        "cli.query:query",
        RECORD,
        'Run SQL on the record, e.g.: balto query "FROM analise.interacoes ORDER BY em DESC LIMIT 10".',
    ),
    Entry(
        "report",
        "cli.report:report",
        RECORD,
        "Minutes and money saved, latency, the funnel by store, products, alerts and audio problems, on one page.",
    ),
    Entry(
        "erase",
        "cli.erase:erase",
        RECORD,
        "Erase sessions for good: facts, texts and keys, in the live files, the closed days and the published copy.",
    ),
    Entry(
        "contacts",
        "cli.contacts:contacts",
        RECORD,
        "Show clients' e-mails and telephones, which nothing else opens. On the recorder's machine, running or not.",
    ),
    Entry(
        "gate",
        "cli.gate:gate",
        MEASURE,
        "Draw what the gate did (waveform, level, floor, voice, what is forwarded) and say what it saves.",
    ),
    Entry(
        "eval",
        "cli.eval:evaluate",
        MEASURE,
        "Run dialogues or recordings through Balto's stages and print how right, safe, fast and dear the answers were.",
    ),
    Entry(
        "cases",
        "cli.eval_cases:cases",
        MEASURE,
        "Write recorded sessions as cases for `balto eval`: redacted texts, and what was answered as the expectation.",
    ),
    Entry(
        "ab",
        "cli.ab:ab",
        MEASURE,
        "Transcribe a recording both ways and compare latency, text and cost, utterance by utterance.",
    ),
    Entry("catalogo", "cli.catalogue:app", MEASURE, "Import, check and search the catalogue."),
    Entry("regras", "cli.rules:app", MEASURE, "Keep the rules' second reading in step with their cases."),
)

app = typer.Typer(
    name="balto",
    cls=lazy_group(ENTRIES),
    no_args_is_help=True,
    add_completion=False,
    rich_markup_mode="rich",
    pretty_exceptions_enable=False,
)


@app.callback()
def balto() -> None:
    """Balto listens at a pharmacy counter and shows the attendant one product that fits, and why."""


def main() -> None:
    try:
        app()
    except (CommandError, ClientError) as error:
        show_error(str(error))
        sys.exit(1)
    except BrokenPipeError:  # the reader of our output left: `balto query … | head`
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        sys.exit(1)
