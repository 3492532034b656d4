"""The published file under the tools people use, while the service writes."""

import subprocess
import sys
import threading
from pathlib import Path

import duckdb
import pandas as pd
import polars as pl
import pytest

from pipeline.ids import new_id
from pipeline.record.service import RecordService
from tests.contract.record.conftest import SETTINGS
from tests.unit.record.conftest import batch, conversation

COUNT = "SELECT count(*) AS n FROM analise.interacoes"
CONSISTENT = """
SELECT (SELECT count(*) FROM fatos.interacoes) = (SELECT count(*) FROM fatos.sugestoes)
   AND (SELECT count(*) FROM fatos.interacoes) = (SELECT count(*) FROM fatos.exibicoes) AS inteiro
"""


@pytest.mark.filterwarnings("ignore:The inplace keyword")  # DuckDB's own use of pandas
def test_pandas_and_polars(published_dir: Path) -> None:
    with duckdb.connect(str(published_dir / "registro.duckdb"), read_only=True) as con:
        frame = con.sql("FROM analise.interacoes").df()
        assert isinstance(frame, pd.DataFrame)
        assert frame["total_ms"].mean() == pytest.approx(1805.2)
        frame_pl = con.sql("SELECT produto, total_ms FROM analise.interacoes").pl()
        assert isinstance(frame_pl, pl.DataFrame)
        assert frame_pl["produto"].unique().to_list() == ["Dipirona 500 mg"]


def test_every_copy_is_whole_while_the_service_writes(tmp_path: Path) -> None:
    """Another process opens the file again and again; counts never go back and never disagree."""
    path = tmp_path / "registro.duckdb"
    service = RecordService(SETTINGS, tmp_path, path)
    service.publish()
    stop = threading.Event()

    def write() -> None:
        seq = 1
        while not stop.is_set():
            service.commit(batch("o1", seq, conversation(new_id())))
            seq += 7
            if seq % 5 == 0:
                service.publish()

    writer = threading.Thread(target=write)
    writer.start()
    script = f"""
import duckdb
last = 0
for _ in range(40):
    with duckdb.connect({str(path)!r}, read_only=True) as con:
        assert con.execute({CONSISTENT!r}).fetchall() == [(True,)]
        [(count,)] = con.execute({COUNT!r}).fetchall()
    assert count >= last
    last = count
print(last)
"""
    try:
        done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, timeout=120)
    finally:
        stop.set()
        writer.join()
        service.close()
    assert done.returncode == 0, done.stderr
    assert int(done.stdout) > 0
