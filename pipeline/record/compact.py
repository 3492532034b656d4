"""Write a database file anew: in DuckDB only that removes deleted bytes from the disk (and gives space back)."""

from contextlib import suppress
from pathlib import Path

import duckdb

from pipeline.record.segment import sync_folder


def rewrite(con: duckdb.DuckDBPyConnection, path: Path, catalog: str, storage_version: str) -> None:
    """Copy `catalog` into a new file, swap it in under the same name, and go on. On the writer's thread only.

    Closing the old file drops this process's lock on it, and the old file is gone by then: no other may hold it,
    since the folder has one owner. Raises duckdb.Error or OSError, on a full disk mostly: then the old file stays, and
    nothing of the new one, which would keep the disk full.
    """
    fresh = path.with_name(f"{path.name}.novo")
    _unlink(fresh)  # left by a crash: its log would be taken for the new file's
    try:
        con.execute(f"ATTACH '{_quoted(fresh)}' AS novo (STORAGE_VERSION '{storage_version}')")
        con.execute(f"COPY FROM DATABASE {catalog} TO novo")
        con.execute("DETACH novo")
        con.execute(f"CHECKPOINT {catalog}")  # so that a crash before the swap finds the old file whole
    except BaseException:
        with suppress(duckdb.Error):  # it was detached, or never attached
            con.execute("DETACH novo")
        _unlink(fresh)
        raise
    _swap(con, path, fresh, catalog)
    con.execute(f"ATTACH '{_quoted(path)}' AS {catalog} (STORAGE_VERSION '{storage_version}')")
    con.execute(f"USE {catalog}")


def _swap(con: duckdb.DuckDBPyConnection, path: Path, fresh: Path, catalog: str) -> None:
    fresh.chmod(0o600)
    con.execute("USE memory")
    con.execute(f"DETACH {catalog}")
    path.with_name(path.name + ".wal").unlink(missing_ok=True)
    fresh.rename(path)
    sync_folder(path.parent)


def _unlink(path: Path) -> None:
    for left in (path, path.with_name(path.name + ".wal")):
        left.unlink(missing_ok=True)


def _quoted(path: Path) -> str:
    return str(path).replace("'", "''")
