"""From every earlier version to this one, and the refusals."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import duckdb
import pytest

from pipeline.ids import new_id
from pipeline.record.errors import MigrationError
from pipeline.record.migrations import Migration, migrate, migrations
from pipeline.record.service import RecordService
from tests.unit.record.conftest import batch, conversation

ALL = migrations()


def database(path: Path) -> duckdb.DuckDBPyConnection:
    con = duckdb.connect()
    con.execute(f"ATTACH '{path}' AS registro (STORAGE_VERSION 'v1.4.0')")
    return con


def test_they_are_numbered_without_gaps() -> None:
    assert [migration.version for migration in ALL] == list(range(1, len(ALL) + 1))
    assert [migration.version for migration in migrations("private_")] == [1]


@pytest.mark.parametrize("version", range(1, len(ALL) + 1))
def test_a_file_of_every_earlier_version_is_taken_up(
    open_service: Callable[..., RecordService], data_dir: Path, version: int
) -> None:
    folder = data_dir / "gravador"
    folder.mkdir(parents=True)
    with database(folder / "quente.duckdb") as con:
        assert migrate(con, "registro", ALL[:version]) == list(range(1, version + 1))
    service = open_service()
    service.commit(batch("o1", 1, conversation(new_id())))
    service.close()
    with duckdb.connect(str(data_dir / "registro.duckdb"), read_only=True) as con:
        assert con.execute("SELECT count(*) FROM analise.interacoes").fetchall() == [(1,)]


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
