"""One transaction: all of it, or nothing of it and the connection as it was."""

from collections.abc import Iterator
from contextlib import contextmanager, suppress

import duckdb


@contextmanager
def transaction(con: duckdb.DuckDBPyConnection) -> Iterator[None]:
    """Of one attached file: DuckDB writes to no two at once."""
    con.execute("BEGIN")
    try:
        yield
        con.execute("COMMIT")
    except BaseException:
        roll_back(con)
        raise


def roll_back(con: duckdb.DuckDBPyConnection) -> None:
    with suppress(duckdb.Error):  # COMMIT itself failed and ended the transaction, or the database is out of action
        con.execute("ROLLBACK")
