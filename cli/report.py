"""`balto report`: a period's record as one HTML page, or one picture."""

from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Annotated

import typer
from rich.markup import escape

from cli.output import CommandError, out
from configs.environment import Environment

_DAY = ["%Y-%m-%d"]
_DEFAULT_DAYS = 30


def report(
    since: Annotated[datetime | None, typer.Option(formats=_DAY, help="First day; default: 30 days back.")] = None,
    until: Annotated[datetime | None, typer.Option(formats=_DAY, help="Last day, included; default: today.")] = None,
    to: Annotated[Path, typer.Option(help="Where to write it: .html, or .png for one picture.")] = Path("balto.html"),
    db: Annotated[Path | None, typer.Option(help="Published file; default: DB_FILE, or the data folder's.")] = None,
) -> None:
    """Minutes and money saved, latency, the funnel by store, products, alerts and audio problems, on one page."""
    last = until.date() if until else date.today()
    first = since.date() if since else last - timedelta(days=_DEFAULT_DAYS - 1)
    if first > last:
        raise CommandError(f"--since {first} is after --until {last}")
    if to.suffix not in (".html", ".png"):
        raise CommandError(f"{to} must end in .html or .png")
    _write(first, last, to, db or Environment().published_db)
    out.print(f"[good]{escape(str(to))}[/good] {first} to {last}")


def _write(first: date, last: date, to: Path, path: Path) -> None:
    import duckdb  # these take a second to load

    from pipeline.record.report.figures import Period, gather
    from pipeline.record.report.page import page
    from pipeline.record.report.plots import sheet

    if not path.exists():
        raise CommandError(f"{path} does not exist yet; start the service (balto run), or name the file with --db")
    try:
        with duckdb.connect(str(path), read_only=True) as con:
            con.execute("SET enable_progress_bar = false")
            figures = gather(con, Period(first, last))
            if not figures.minutes and not figures.providers:
                out.print(f"[warn]nothing was recorded from {first} to {last}[/warn]: the page is empty")
            published = con.execute(
                "SELECT strftime(publicado_em AT TIME ZONE 'UTC', '%d/%m/%Y %H:%M UTC') FROM analise.atualizacao"
            ).fetchall()
    except duckdb.Error as error:
        raise CommandError(f"{path} could not be read: {str(error).splitlines()[0]}") from None
    try:
        if to.suffix == ".png":
            to.write_bytes(sheet(figures, Period(first, last)))
        else:
            to.write_text(page(figures, Period(first, last), published[0][0] if published else "–"), encoding="utf-8")
    except OSError as error:
        raise CommandError(f"{to} cannot be written ({error.strerror}); name another file with --to") from None
