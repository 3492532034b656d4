"""The published file under the tools people use, while the service writes and publishes it anew."""

import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import duckdb
import ibis
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
DISTINCT_COPIES = 3


@pytest.fixture(scope="module")
def republished(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """A published file whose recorder goes on committing and publishing until the tests here are done."""
    folder = tmp_path_factory.mktemp("vivo")
    path = folder / "registro.duckdb"
    service = RecordService(SETTINGS, folder, path)
    service.commit(batch("o0", 1, conversation(new_id())))
    service.publish()
    stop = threading.Event()

    def write() -> None:
        seq = 1
        while not stop.wait(0.01):
            sent = batch("o1", seq, conversation(new_id()))
            seq = service.commit(sent) + 1
            if seq % 5 == 0:
                service.publish()

    writer = threading.Thread(target=write)
    writer.start()
    yield path
    stop.set()
    writer.join()
    service.close()


def assert_rises(read: Callable[[], int]) -> None:
    """Opened again and again, the file shows more, and never less."""
    counts = [read()]
    while len(set(counts)) < DISTINCT_COPIES:
        counts.append(read())
        assert counts[-1] >= counts[-2]


def test_the_command_line(republished: Path) -> None:
    """DuckDB's own client, of the oldest version that is promised to open the file."""
    command = [Path(sys.executable).with_name("duckdb"), "-readonly", "-csv", "-noheader", republished]

    def read() -> int:
        sql = f"SELECT inteiro, n FROM ({CONSISTENT}), ({COUNT})"
        done = subprocess.run([*command, sql], capture_output=True, text=True, timeout=60)
        assert done.returncode == 0, done.stderr
        whole, count = done.stdout.strip().split(",")
        assert whole == "true"
        return int(count)

    assert_rises(read)


@pytest.mark.filterwarnings("ignore:The inplace keyword")  # DuckDB's own use of pandas
def test_pandas(republished: Path) -> None:
    def read() -> int:
        with duckdb.connect(str(republished), read_only=True) as con:
            frame = con.sql("FROM analise.interacoes").df()
        assert isinstance(frame, pd.DataFrame)
        assert frame["total_ms"].mean() == pytest.approx(1805.2)
        return len(frame)

    assert_rises(read)


def test_polars(republished: Path) -> None:
    def read() -> int:
        with duckdb.connect(str(republished), read_only=True) as con:
            frame = con.sql("SELECT produto, total_ms FROM analise.interacoes").pl()
        assert isinstance(frame, pl.DataFrame)
        assert frame["produto"].unique().to_list() == ["Dipirona 500 mg"]
        return len(frame)

    assert_rises(read)


@pytest.mark.filterwarnings("ignore:fetch_arrow_table")  # ibis 12 on DuckDB 2.0
def test_ibis(republished: Path) -> None:
    def read() -> int:
        con = ibis.duckdb.connect(str(republished), read_only=True)
        try:
            interactions = con.table("interacoes", database="analise")
            by_product = interactions.group_by("produto").aggregate(n=interactions.count()).to_pyarrow().to_pylist()
        finally:
            con.disconnect()
        assert [row["produto"] for row in by_product] == ["Dipirona 500 mg"]
        return int(by_product[0]["n"])

    assert_rises(read)


def test_every_copy_is_whole(republished: Path) -> None:
    """Another process opens the file again and again; counts never go back and never disagree."""
    script = f"""
import duckdb
last = 0
for _ in range(40):
    with duckdb.connect({str(republished)!r}, read_only=True) as con:
        assert con.execute({CONSISTENT!r}).fetchall() == [(True,)]
        [(count,)] = con.execute({COUNT!r}).fetchall()
    assert count >= last
    last = count
"""
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, timeout=120)
    assert done.returncode == 0, done.stderr
