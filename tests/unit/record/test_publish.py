"""What other people do to the published file, and in its place."""

import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import duckdb
import pytest

from pipeline.ids import new_id
from pipeline.record.errors import DataFolderError
from pipeline.record.service import RecordService
from tests.unit.record.conftest import SETTINGS, batch, conversation

Open = Callable[..., RecordService]

OPENED_TO_WRITE = """
import os, sys, duckdb
os.chmod(sys.argv[1], 0o644)
con = duckdb.connect(sys.argv[1])
con.execute("CREATE TABLE minha (x INTEGER)")
os._exit(9)
"""


def leave_a_log(published: Path) -> Path:
    """As whoever opens the file to write and crashes does."""
    assert subprocess.run([sys.executable, "-c", OPENED_TO_WRITE, str(published)], timeout=60).returncode == 9
    log = published.with_name("registro.duckdb.wal")
    assert log.exists()
    return log


def another_database(path: Path) -> None:
    with duckdb.connect(str(path)) as con:
        con.execute("CREATE TABLE vendas AS SELECT 42 AS total")


def a_file(path: Path) -> None:
    path.write_text("notas da loja")


@pytest.mark.parametrize(("make", "reason"), [(another_database, "another database"), (a_file, "not a valid DuckDB")])
def test_a_file_of_somebody_else_s_is_refused_and_left_as_it_is(
    tmp_path: Path, make: Callable[[Path], None], reason: str
) -> None:
    theirs = tmp_path / "loja.duckdb"
    make(theirs)
    held = theirs.read_bytes()
    with pytest.raises(DataFolderError, match=rf"loja\.duckdb is not a file that Balto published.*{reason}.*DB_FILE"):
        RecordService(SETTINGS, tmp_path / "dados", theirs)
    assert theirs.read_bytes() == held
    assert [path.name for path in tmp_path.glob(".*")] == []


def test_the_recorder_s_own_file_is_no_place_to_publish(open_service: Open, data_dir: Path) -> None:
    open_service().close()
    own = data_dir / "gravador" / "quente.duckdb"
    with pytest.raises(DataFolderError, match="recorder's own files"):
        RecordService(SETTINGS, data_dir, own)


def test_a_damaged_publication_of_its_own_is_published_anew(open_service: Open, data_dir: Path) -> None:
    open_service().close()
    published = data_dir / "registro.duckdb"
    published.unlink()
    a_file(published)
    open_service().publish()
    with duckdb.connect(str(published), read_only=True) as con:
        assert con.execute("SELECT count(*) FROM analise.interacoes").fetchall() == [(0,)]


@pytest.mark.parametrize("at", ["start", "publication"])
def test_a_log_left_beside_the_published_file_locks_no_reader_out(open_service: Open, data_dir: Path, at: str) -> None:
    service = open_service()
    service.commit(batch("o1", 1, conversation(new_id())))
    service.publish()
    if at == "start":
        service.close()
    log = leave_a_log(data_dir / "registro.duckdb")
    if at == "start":
        open_service()
    else:
        service.publish()
    assert not log.exists()
    with duckdb.connect(str(data_dir / "registro.duckdb"), read_only=True) as con:
        assert con.execute("SELECT count(*) FROM analise.interacoes").fetchall() == [(1,)]
