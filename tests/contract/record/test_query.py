"""POST /consulta's worker: real processes, real escapes."""

import asyncio
import io
import json
import tempfile
import time
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pyarrow as pa
import pytest

from pipeline.ids import new_id
from pipeline.record.errors import QueryRefused, QueryTooLarge, QueryTooLong, QueryUnavailable
from pipeline.record.query import Format, QueryLimits, run_query
from pipeline.record.service import RecordService
from tests.contract.record.conftest import SETTINGS
from tests.unit.record.conftest import batch, conversation

LIMITS = QueryLimits(time_s=60.0)


async def ask(folder: Path, sql: str, form: Format = "csv", limits: QueryLimits = LIMITS) -> bytes:
    chunks = run_query(folder / "registro.duckdb", folder / "arquivo", sql, form, limits)
    return b"".join([chunk async for chunk in chunks])


async def test_csv(published_dir: Path) -> None:
    assert (
        await ask(published_dir, "SELECT count(*) AS n, 'é' AS letra FROM analise.interacoes")
        == '"n","letra"\n"3","é"\n'.encode()
    )


async def test_no_progress_bar_lands_among_the_rows(published_dir: Path) -> None:
    """DuckDB draws one on standard output after two seconds, unless told not to."""
    assert await ask(published_dir, "SELECT current_setting('enable_progress_bar') AS bar") == b'"bar"\n"false"\n'


async def test_json_lines(published_dir: Path) -> None:
    out = await ask(published_dir, "SELECT produto, sintomas FROM analise.interacoes", "json")
    rows = [json.loads(line) for line in out.splitlines()]
    assert rows == [{"produto": "Dipirona 500 mg", "sintomas": ["dor_de_cabeca"]}] * 3


async def test_a_column_may_have_any_name_in_json(published_dir: Path) -> None:
    sql = "SELECT resultado, 1 AS linha, 2 AS _, 3 AS linha_ FROM analise.interacoes LIMIT 1"
    assert json.loads(await ask(published_dir, sql, "json")) == {"resultado": None, "linha": 1, "_": 2, "linha_": 3}


async def test_two_columns_of_one_name_are_told_apart_in_json(published_dir: Path) -> None:
    assert json.loads(await ask(published_dir, "SELECT 1.5::DOUBLE AS a, 2.5::DOUBLE AS a", "json")) == {
        "a": 1.5,
        "a_1": 2.5,
    }


async def test_what_is_no_number_is_null_in_json(published_dir: Path) -> None:
    sql = "SELECT 'nan'::DOUBLE AS a, '-inf'::FLOAT AS b, 1.5::DOUBLE AS c, [1.5] AS \"d\"\"e\", DATE 'infinity' AS f"
    read = json.loads(await ask(published_dir, sql, "json"), parse_constant=pytest.fail)
    assert read == {"a": None, "b": None, "c": 1.5, 'd"e': [1.5], "f": "infinity"}


@pytest.mark.parametrize(
    "sql",
    [
        "PIVOT {rows} ON produto USING count(*) GROUP BY dia",
        "PIVOT {rows} ON produto IN ('Dipirona 500 mg') USING count(*) GROUP BY dia",
        "WITH p AS (PIVOT {rows} ON produto USING count(*) GROUP BY dia) FROM p",
        "SELECT * FROM {rows} PIVOT (count(*) FOR produto IN ('Dipirona 500 mg') GROUP BY dia)",
    ],
)
async def test_rows_become_columns(published_dir: Path, sql: str) -> None:
    asked = sql.format(rows="(SELECT DATE '2026-11-01' AS dia, produto FROM analise.interacoes)")
    assert await ask(published_dir, asked) == b'"dia","Dipirona 500 mg"\n"2026-11-01","3"\n'
    assert json.loads(await ask(published_dir, asked, "json")) == {"dia": "2026-11-01", "Dipirona 500 mg": 3}


async def test_columns_become_rows(published_dir: Path) -> None:
    sql = "UNPIVOT (SELECT 1 AS a, 2 AS b) ON COLUMNS(*) INTO NAME nome VALUE valor"
    assert await ask(published_dir, sql) == b'"nome","valor"\n"a","1"\n"b","2"\n'


BROKEN = "from pipeline.record import query_worker; query_worker.write = None; query_worker.main()"


async def test_a_worker_that_breaks_is_not_taken_for_a_query_that_is_too_large(
    published_dir: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("pipeline.record.query.WORKER", ("-c", BROKEN))
    with pytest.raises(QueryUnavailable, match="TypeError"):
        await ask(published_dir, "SELECT 1 AS a")


async def test_arrow(published_dir: Path) -> None:
    out = await ask(published_dir, "FROM analise.minutos_dia", "arrow")
    table = pa.ipc.open_stream(io.BytesIO(out)).read_all()
    assert table["minutos_recebidos"].to_pylist() == [pytest.approx(0.5)]


async def test_an_empty_result_has_its_header(published_dir: Path) -> None:
    assert await ask(published_dir, "SELECT produto FROM analise.interacoes WHERE false") == b'"produto"\n'


def everything(folder: Path) -> list[tuple[Path, int]]:
    return sorted((path, path.stat().st_size) for path in folder.rglob("*"))


@pytest.mark.parametrize(
    "sql",
    [
        "SELECT * FROM read_csv('/etc/passwd')",
        "SELECT * FROM read_text('{data}/gravador/cadastro.jsonl')",
        "SELECT * FROM glob('/*')",
        "FROM read_duckdb('{data}/gravador/privado.duckdb', table_name = 'clientes')",
        "FROM sniff_csv('/etc/passwd')",
        "FROM query('FROM read_text(''/etc/passwd'')')",
        "ATTACH '{data}/gravador/privado.duckdb'",
        "ATTACH '{data}/new.duckdb' AS n",
        "COPY (SELECT 1) TO '{data}/out.csv'",
        "EXPORT DATABASE '{data}/out'",
        "WITH gone AS (DELETE FROM bruto.interacoes RETURNING *) SELECT * FROM gone",
        "WITH c AS (COPY (SELECT 1) TO '{data}/out.csv') SELECT 1",
        "EXPLAIN ANALYZE COPY (SELECT 1) TO '{data}/out.csv'",
        "CREATE TABLE bruto.x (a INTEGER)",
        "IMPORT DATABASE '{data}'",
        "SET memory_limit = '100GB'",
        "SET enable_external_access = true",
        "RESET lock_configuration",
        "INSTALL httpfs",
        "LOAD '/tmp/x.duckdb_extension'",
        "CREATE PERSISTENT SECRET s (TYPE http, BEARER_TOKEN 'x')",
        "CALL enable_logging(storage = 'file', storage_config = {{'path': '{data}/log'}})",
        "SELECT * FROM sys",
        "PIVOT read_csv('/etc/passwd') ON column0",
        "PIVOT (FROM read_text('{data}/gravador/cadastro.jsonl')) ON filename",
        "PIVOT read_duckdb('{data}/gravador/privado.duckdb', table_name = 'clientes') ON cliente_codigo",
        "COPY (PIVOT analise.interacoes ON produto) TO '{data}/out.csv'",
        "EXPLAIN ANALYZE COPY (PIVOT analise.interacoes ON produto) TO '{data}/out.csv'",
        "CREATE TABLE bruto.x AS PIVOT analise.interacoes ON produto",
        "INSERT INTO bruto.lotes SELECT 'o', 9, now() FROM (PIVOT analise.interacoes ON produto)",
        "WITH gone AS (DELETE FROM bruto.interacoes RETURNING *) PIVOT gone ON motivo",
        "PIVOT analise.interacoes ON produto; COPY (SELECT 1) TO '{data}/out.csv'",
        "SELECT 1; SELECT 2",
        "SELECT nothing FROM nowhere",
        "",
    ],
)
async def test_what_a_query_may_not_do(published_dir: Path, sql: str) -> None:
    before = everything(published_dir)
    with pytest.raises(QueryRefused):
        await ask(published_dir, sql.format(data=published_dir))
    assert everything(published_dir) == before


@pytest.fixture(scope="session")
def closed_day(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    """A data folder with one closed day, and a file of it: what a query may read, DuckDB would let it write."""
    folder = tmp_path_factory.mktemp("fechado")
    at = datetime.now(UTC) - timedelta(days=3)
    service = RecordService(SETTINGS, folder, folder / "registro.duckdb")
    service.commit(batch("o1", 1, [replace(event, at=at) for event in conversation(new_id())]))
    service.tidy()
    service.close()
    return folder, next((folder / "arquivo").glob("interacoes/*/*.parquet"))


@pytest.mark.parametrize(
    "sql",
    [
        "COPY (SELECT 1) TO '{file}'",
        "COPY (PIVOT analise.interacoes ON produto) TO '{file}' (FORMAT parquet, USE_TMP_FILE false)",
        "WITH c AS (COPY (SELECT 1) TO '{file}') SELECT 1",
        "WITH c AS (COPY (SELECT 1) TO '{file}' (FORMAT parquet, USE_TMP_FILE false)) SELECT 1",
        "EXPLAIN ANALYZE COPY (SELECT 1) TO '{file}' (FORMAT parquet, USE_TMP_FILE false)",
    ],
)
async def test_closed_days_are_read_and_never_written(closed_day: tuple[Path, Path], sql: str) -> None:
    folder, file = closed_day
    before = file.read_bytes()
    assert await ask(folder, "SELECT count(*) AS n FROM analise.interacoes") == b'"n"\n"1"\n'
    with pytest.raises(QueryRefused):
        await ask(folder, sql.format(file=file))
    assert file.read_bytes() == before


UNCONFINED = """
from pipeline.record import confinement, query_worker
confinement.restrict_files = lambda **folders: False
confinement.drop_root = lambda must_read: False
query_worker.main()
"""


@pytest.mark.parametrize("permitted", [False, True])
async def test_where_the_kernel_holds_no_query_none_is_answered(
    published_dir: Path, monkeypatch: pytest.MonkeyPatch, permitted: bool
) -> None:
    """DuckDB's own locks let read_duckdb() open the private file, and COPY write over a closed day."""
    monkeypatch.setattr("pipeline.record.query.WORKER", ("-c", UNCONFINED))
    limits = replace(LIMITS, unconfined=permitted)
    if permitted:
        assert await ask(published_dir, "SELECT 1 AS a", limits=limits) == b'"a"\n"1"\n'
        return
    with pytest.raises(QueryUnavailable, match="Landlock"):
        await ask(published_dir, "SELECT 1 AS a", limits=limits)


async def test_a_long_query_is_killed_from_outside(published_dir: Path) -> None:
    with pytest.raises(QueryTooLong):
        await ask(
            published_dir, "SELECT count(*) FROM range(10000000000) a, range(1000) b", limits=QueryLimits(time_s=1.5)
        )


async def test_rows_and_bytes_are_limited(published_dir: Path) -> None:
    with pytest.raises(QueryTooLarge, match="100 rows"):
        await ask(published_dir, "FROM range(100000)", limits=QueryLimits(time_s=60, rows=100))
    with pytest.raises(QueryTooLarge, match="1 MB"):
        await ask(published_dir, "FROM range(1000000)", limits=QueryLimits(time_s=60, bytes=1 << 20))


async def test_memory_is_limited(published_dir: Path) -> None:
    greedy = "SELECT list(repeat('x', 1000) || i) FROM range(50000000) t(i)"
    with pytest.raises(QueryTooLarge):
        await ask(published_dir, greedy, limits=QueryLimits(time_s=60, memory_mb=256, spill_mb=16))


def scratch_folders_since(began_s: float) -> list[Path]:
    folders = Path(tempfile.gettempdir()).glob("balto-consulta-*")
    return [folder for folder in folders if folder.stat().st_mtime >= began_s]


async def test_leaving_early_ends_the_worker(published_dir: Path) -> None:
    began_s = time.time()
    chunks = run_query(
        published_dir / "registro.duckdb", published_dir / "arquivo", "FROM range(100000000)", "arrow", LIMITS
    )
    assert await anext(chunks)
    await asyncio.wait_for(chunks.aclose(), 10)
    assert scratch_folders_since(began_s) == []


async def test_nothing_published(tmp_path: Path) -> None:
    with pytest.raises(QueryUnavailable):
        await ask(tmp_path, "SELECT 1")
