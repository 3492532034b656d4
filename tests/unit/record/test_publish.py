"""What other people do to the published file, and in its place."""

import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import duckdb
import pytest

from pipeline.ids import new_id
from pipeline.record.service import RecordService
from tests.unit.record.conftest import batch, conversation

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
