"""POST /consulta's worker: real processes, real escapes."""

import asyncio
import io
import json
import tempfile
import time
from pathlib import Path

import pyarrow as pa
import pytest

from pipeline.record.errors import QueryRefused, QueryTooLarge, QueryTooLong, QueryUnavailable
from pipeline.record.query import Format, QueryLimits, run_query

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
        "ATTACH '{data}/gravador/privado.duckdb'",
        "ATTACH '{data}/new.duckdb' AS n",
        "COPY (SELECT 1) TO '{data}/out.csv'",
        "EXPORT DATABASE '{data}/out'",
        "WITH gone AS (DELETE FROM bruto.interacoes RETURNING *) SELECT * FROM gone",
        "WITH c AS (COPY (SELECT 1) TO '{data}/out.csv') SELECT 1",
        "CREATE TABLE bruto.x (a INTEGER)",
        "SET memory_limit = '100GB'",
        "SET enable_external_access = true",
        "RESET lock_configuration",
        "INSTALL httpfs",
        "LOAD '/tmp/x.duckdb_extension'",
        "CREATE PERSISTENT SECRET s (TYPE http, BEARER_TOKEN 'x')",
        "SELECT * FROM sys",
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
