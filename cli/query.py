"""`balto query`: SQL on the published record, on this machine or through a server."""

from pathlib import Path
from typing import Annotated

import typer

from cli.output import CommandError
from configs.environment import Environment


def query(
    sql: Annotated[str, typer.Argument(help="One query. Views are in schema `analise`; see analise.dicionario.")],
    db: Annotated[Path | None, typer.Option(help="Published file; default: DB_FILE, or the data folder's.")] = None,
    server: Annotated[str | None, typer.Option(help="Ask a server instead, e.g. http://localhost:8765")] = None,
    key: Annotated[str | None, typer.Option(envvar="BALTO_ANALYST_KEY", help="Analyst's key, with --server.")] = None,
    as_csv: Annotated[bool, typer.Option("--csv", help="CSV on standard output.")] = False,
    as_arrow: Annotated[bool, typer.Option("--arrow", help="Arrow IPC stream on standard output.")] = False,
) -> None:
    """Run SQL on the record, e.g.: balto query "FROM analise.interacoes ORDER BY em DESC LIMIT 10"."""
    from cli import query_rows as rows  # DuckDB and Arrow: loaded when needed
    from cli.query_table import write_table

    if as_csv and as_arrow:
        raise CommandError("choose one of --csv and --arrow")
    reader = rows.remote(sql, server, key) if server else rows.local(sql, db or Environment().published_db)
    write = rows.write_csv if as_csv else rows.write_arrow if as_arrow else write_table
    try:
        write(reader)
    except OverflowError:  # Python's dates end there, and DuckDB's do not
        raise CommandError(
            "a date in the result is before year 1 or after 9999: ask for it as text, CAST(… AS VARCHAR)"
        ) from None
