"""Numbered SQL files, applied once each, in order, in a transaction of their own. Additive only."""

import hashlib
from dataclasses import dataclass
from importlib.resources import files

import duckdb

from pipeline.record.errors import MigrationError

_VERSIONS = """
CREATE TABLE IF NOT EXISTS {catalog}.main.esquema_versao (
    versao INTEGER NOT NULL, nome VARCHAR NOT NULL, sha256 VARCHAR NOT NULL, aplicada_em TIMESTAMPTZ NOT NULL)
"""


@dataclass(frozen=True, slots=True)
class Migration:
    version: int
    name: str
    sql: str

    @property
    def sha256(self) -> str:
        return hashlib.sha256(self.sql.encode()).hexdigest()


def migrations(prefix: str = "") -> list[Migration]:
    """The `<prefix>NNNN_name.sql` files, in order."""
    found = []
    for file in files("pipeline.record").joinpath("sql").iterdir():
        stem = file.name.removesuffix(".sql")
        number, _, name = stem.removeprefix(prefix).partition("_")
        if stem.startswith(prefix) and number.isdigit() and file.name.endswith(".sql"):
            found.append(Migration(int(number), name, file.read_text(encoding="utf-8")))
    return sorted(found, key=lambda migration: migration.version)


def migrate(con: duckdb.DuckDBPyConnection, catalog: str, wanted: list[Migration]) -> list[int]:
    """Bring an attached database to the newest version and return the versions applied.

    Raises MigrationError when the file is newer than this program, or an applied migration was edited.
    """
    con.execute(_VERSIONS.format(catalog=catalog))
    rows = con.execute(f"SELECT versao, sha256 FROM {catalog}.main.esquema_versao").fetchall()
    applied: dict[int, str] = dict(rows)
    _refuse_unknown(catalog, applied, wanted)
    missing = [migration for migration in wanted if migration.version not in applied]
    for migration in missing:
        _apply(con, catalog, migration)
    return [migration.version for migration in missing]


def _refuse_unknown(catalog: str, applied: dict[int, str], wanted: list[Migration]) -> None:
    known = {migration.version: migration.sha256 for migration in wanted}
    newer = sorted(set(applied) - set(known))
    if newer:
        raise MigrationError(f"{catalog} was written by a newer Balto (schema {newer[-1]}); run that version or later")
    edited = [version for version, sha256 in applied.items() if known[version] != sha256]
    if edited:
        raise MigrationError(f"migration {edited[0]} of {catalog} changed after it was applied; add a new one instead")


def _apply(con: duckdb.DuckDBPyConnection, catalog: str, migration: Migration) -> None:
    con.execute("BEGIN")
    try:
        con.execute(f"USE {catalog}")
        con.execute(migration.sql)
        con.execute(
            f"INSERT INTO {catalog}.main.esquema_versao VALUES (?, ?, ?, now())",
            [migration.version, migration.name, migration.sha256],
        )
        con.execute("COMMIT")
    except duckdb.Error as error:
        con.execute("ROLLBACK")
        raise MigrationError(f"migration {migration.version} ({migration.name}) failed: {error}") from error
