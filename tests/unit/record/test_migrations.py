"""From every earlier version to this one, and the refusals."""

from collections.abc import Callable
from dataclasses import replace
from functools import partial
from pathlib import Path

import duckdb
import pytest

from pipeline.ids import new_id
from pipeline.record.errors import MigrationError
from pipeline.record.migrations import Migration, migrate, migrations
from pipeline.record.service import RecordService
from tests.unit.record.conftest import batch, conversation

ALL = migrations()
NOT_FACTS = (
    "selados",
    "colunas",
    "traducoes",
    "publicacoes",
)  # names of files, and what every start and publication writes anew
VALUES = {
    "UUID": "uuid()",
    "DATE": "DATE '2026-11-20'",
    "TIMESTAMP WITH TIME ZONE": "TIMESTAMPTZ '2026-11-20 12:00:00+00'",
    "VARCHAR": "'x'",
    "VARCHAR[]": "['x']",
    "BOOLEAN": "true",
}


def database(path: Path) -> duckdb.DuckDBPyConnection:
    con = duckdb.connect()
    con.execute(f"ATTACH '{path}' AS registro (STORAGE_VERSION 'v1.4.0')")
    return con


def fill_every_table(con: duckdb.DuckDBPyConnection) -> dict[str, int]:
    """One row in each table of facts that this version has; how many rows each holds."""
    columns = con.execute(
        "SELECT table_name, list(data_type ORDER BY column_index) FROM duckdb_columns() "
        "WHERE database_name = 'registro' AND schema_name = 'bruto' GROUP BY table_name"
    ).fetchall()
    filled = {}
    for table, types in columns:
        if table not in NOT_FACTS:
            con.execute(f"INSERT INTO registro.bruto.{table} VALUES ({', '.join(VALUES.get(t, '1') for t in types)})")
            filled[table] = 1
    return filled


def test_they_are_numbered_without_gaps() -> None:
    assert [migration.version for migration in ALL] == list(range(1, len(ALL) + 1))
    assert [migration.version for migration in migrations("private_")] == [1, 2, 3]


@pytest.mark.parametrize("version", range(1, len(ALL) + 1))
def test_a_file_of_every_earlier_version_is_taken_up(
    open_service: Callable[..., RecordService], data_dir: Path, version: int
) -> None:
    folder = data_dir / "gravador"
    folder.mkdir(parents=True)
    with database(folder / "quente.duckdb") as con:
        assert migrate(con, "registro", ALL[:version]) == list(range(1, version + 1))
        held = fill_every_table(con)
    service = open_service(publish_texts=True)  # without, a start takes back what was published of them
    rows = {table: service.run_on_writer(partial(count, table)) for table in held}
    service.commit(batch("o1", 1, conversation(new_id())))
    service.close()
    assert rows == held
    with duckdb.connect(str(data_dir / "registro.duckdb"), read_only=True) as con:
        assert con.execute("SELECT count(*) FROM analise.interacoes").fetchall() == [(2,)]


def count(table: str, con: duckdb.DuckDBPyConnection) -> int:
    return int(con.execute(f"SELECT count(*) FROM bruto.{table}").fetchall()[0][0])


def test_a_newer_file_is_refused(tmp_path: Path) -> None:
    with database(tmp_path / "x.duckdb") as con:
        migrate(con, "registro", ALL)
        with pytest.raises(MigrationError, match="newer Balto"):
            migrate(con, "registro", ALL[:-1])


def test_an_edited_migration_is_refused(tmp_path: Path) -> None:
    with database(tmp_path / "x.duckdb") as con:
        migrate(con, "registro", ALL)
        with pytest.raises(MigrationError, match="changed after it was applied"):
            migrate(con, "registro", [replace(ALL[0], sql="SELECT 1"), *ALL[1:]])


def test_a_failing_migration_leaves_nothing_behind(tmp_path: Path) -> None:
    broken = Migration(1, "broken", "CREATE TABLE a (x INTEGER); SELECT nothing FROM nowhere")
    with database(tmp_path / "x.duckdb") as con:
        with pytest.raises(MigrationError, match="migration 1"):
            migrate(con, "registro", [broken])
        assert con.execute("SELECT count(*) FROM duckdb_tables() WHERE table_name = 'a'").fetchall() == [(0,)]
