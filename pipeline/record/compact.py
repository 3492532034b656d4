"""Write a database file anew: in DuckDB only that removes deleted bytes from the disk (and gives space back)."""

from pathlib import Path

import duckdb

from pipeline.record.segment import sync_folder


def rewrite(con: duckdb.DuckDBPyConnection, path: Path, catalog: str, storage_version: str) -> None:
    """Copy `catalog` into a new file, swap it in under the same name, and go on. On the writer's thread only.

    Closing the old file drops this process's lock on it, and the old file is gone by then: no other may hold it,
    since the folder has one owner.
    """
    fresh = path.with_name(f"{path.name}.novo")
    for left in (fresh, fresh.with_name(fresh.name + ".wal")):  # by a crash: its log would be taken for the new file's
        left.unlink(missing_ok=True)
    con.execute(f"ATTACH '{_quoted(fresh)}' AS novo (STORAGE_VERSION '{storage_version}')")
    con.execute(f"COPY FROM DATABASE {catalog} TO novo")
    con.execute("DETACH novo")
    con.execute(f"CHECKPOINT {catalog}")  # so that a crash before the swap finds the old file whole
    fresh.chmod(0o600)
    con.execute("USE memory")
    con.execute(f"DETACH {catalog}")
    path.with_name(path.name + ".wal").unlink(missing_ok=True)
    fresh.rename(path)
    sync_folder(path.parent)
    con.execute(f"ATTACH '{_quoted(path)}' AS {catalog} (STORAGE_VERSION '{storage_version}')")
    con.execute(f"USE {catalog}")


def _quoted(path: Path) -> str:
    return str(path).replace("'", "''")
