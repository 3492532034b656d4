"""What stands where the published file is to go: only a file that a recorder published may be replaced."""

import os
from pathlib import Path

import duckdb

from pipeline.record.errors import DataFolderError
from pipeline.record.places import PUBLISHED_NAME, Places

_MARK = "SELECT 1 FROM duckdb_tables() WHERE schema_name = 'bruto' AND table_name = 'publicacoes'"


def require_own(target: Path, places: Places) -> None:
    """Raises DataFolderError when there is a file of somebody else's, or of the recorder's own, at `target`."""
    if target.resolve().is_relative_to(places.private.resolve()):
        raise _refusal(target, "the recorder's own files are there")
    if not target.exists():
        return
    try:
        if _is_publication(target):
            return
        reason = "it is another database"
    except duckdb.Error as error:
        if target.resolve() == (places.data_dir / PUBLISHED_NAME).resolve() and places.facts_db.exists():
            return  # the recorder's own, damaged: it is published anew
        reason = str(error).splitlines()[0][:200]
    raise _refusal(target, reason)


def _is_publication(path: Path) -> bool:
    """Read under a second name: a log beside the first is not this file's, and would be in the way."""
    alias = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        os.link(path.resolve(), alias)
    except OSError:  # no hard links here, or not on this file
        return _is_marked(path)
    try:
        return _is_marked(alias)
    finally:
        alias.unlink()


def _is_marked(path: Path) -> bool:
    with duckdb.connect(str(path), read_only=True) as con:
        return bool(con.execute(_MARK).fetchall())


def _refusal(target: Path, reason: str) -> DataFolderError:
    return DataFolderError(
        f"{target} is not a file that Balto published, and is left as it is ({reason}): "
        "set DB_FILE to another path, or move the file away"
    )
