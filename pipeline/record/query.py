"""An analyst's SQL, in a process of its own that can read the published files and nothing else.

The worker (`query_worker`) locks itself in before it sees the SQL; this side counts its bytes and its seconds and
kills it. Read-only mode alone would not do: DuckDB's COPY, ATTACH, read_csv and data-modifying CTEs pass it.
"""

import asyncio
import json
import os
import shutil
import sys
import tempfile
from collections.abc import AsyncGenerator, AsyncIterator
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field

from configs.record import RecordSettings
from pipeline.record.errors import QueryError, QueryRefused, QueryTooLarge, QueryTooLong, QueryUnavailable

Format = Literal["arrow", "csv", "json"]
MEDIA_TYPES: dict[Format, str] = {
    "arrow": "application/vnd.apache.arrow.stream",
    "csv": "text/csv; charset=utf-8",
    "json": "application/x-ndjson",
}
_CHUNK_BYTES = 1 << 16
_MOST_SQL = 100_000
_FAILURES: dict[str, type[QueryError]] = {
    "refused": QueryRefused, "too_large": QueryTooLarge, "unconfined": QueryUnavailable
}  # fmt: skip
WORKER = ("-m", "pipeline.record.query_worker")


class QueryRequest(BaseModel):
    """The body of `POST /consulta`."""

    model_config = ConfigDict(extra="forbid")

    sql: str = Field(min_length=1, max_length=_MOST_SQL)
    formato: Format = "arrow"


@dataclass(frozen=True, slots=True)
class QueryLimits:
    time_s: float = 20.0
    memory_mb: int = 1024
    spill_mb: int = 256
    rows: int = 1_000_000
    bytes: int = 256 << 20
    threads: int = 2
    unconfined: bool = False

    @classmethod
    def of(cls, settings: RecordSettings) -> "QueryLimits":
        return cls(
            settings.query_time_s, settings.query_memory_mb, settings.query_spill_mb, settings.query_rows,
            settings.query_bytes, settings.query_threads, settings.query_unconfined,
        )  # fmt: skip


async def run_query(
    published_db: Path, archive: Path, sql: str, form: Format, limits: QueryLimits
) -> AsyncGenerator[bytes, None]:
    """Stream a query's result: Arrow IPC, CSV with a header, or one JSON object per line.

    Raises QueryRefused, QueryTooLong, QueryTooLarge or QueryUnavailable, usually before the first chunk; after it
    the result is cut short and must not be taken for whole. Leaving the iterator early kills the worker.
    """
    scratch = await asyncio.to_thread(_scratch_for, published_db)
    try:
        worker = await _start(scratch)
        try:
            order = _order(published_db, archive, sql, form, limits, scratch)
            async with asyncio.timeout(limits.time_s):
                async for chunk in _stream(worker, order, limits):
                    yield chunk
        except TimeoutError:
            raise QueryTooLong(
                f"the query took longer than {limits.time_s:g} s and was stopped; ask for less"
            ) from None
        finally:
            await _end(worker)
    finally:
        await asyncio.to_thread(shutil.rmtree, scratch, ignore_errors=True)


def _scratch_for(published_db: Path) -> Path:
    if not published_db.exists():
        raise QueryUnavailable("nothing is published yet; ask again in a few seconds")
    scratch = Path(tempfile.mkdtemp(prefix="balto-consulta-"))
    scratch.chmod(0o777)  # the worker gives up root, if it has it, and still has to spill here
    return scratch


async def _start(scratch: Path) -> asyncio.subprocess.Process:
    pipe = asyncio.subprocess.PIPE
    environment = {"PATH": os.defpath, "HOME": str(scratch), "TMPDIR": str(scratch), "LANG": "C.UTF-8"}
    return await asyncio.create_subprocess_exec(
        sys.executable, *WORKER, stdin=pipe, stdout=pipe, stderr=pipe,
        cwd=Path(__file__).parents[2], env=environment, start_new_session=True,
    )  # fmt: skip


def _order(published_db: Path, archive: Path, sql: str, form: Format, limits: QueryLimits, scratch: Path) -> bytes:
    order = {
        "database": str(published_db.resolve()),
        "archive": str(archive.resolve()),
        "sql": sql,
        "form": form,
        "scratch": str(scratch),
        "time_s": limits.time_s,
        "memory_mb": limits.memory_mb,
        "spill_mb": limits.spill_mb,
        "rows": limits.rows,
        "threads": limits.threads,
        "unconfined": limits.unconfined,
    }
    return json.dumps(order).encode()


async def _stream(worker: asyncio.subprocess.Process, order: bytes, limits: QueryLimits) -> AsyncIterator[bytes]:
    assert worker.stdin is not None
    assert worker.stdout is not None
    worker.stdin.write(order)
    worker.stdin.close()
    sent = 0
    while chunk := await worker.stdout.read(_CHUNK_BYTES):
        sent += len(chunk)
        if sent > limits.bytes:
            raise QueryTooLarge(f"the result passed {limits.bytes >> 20} MB; aggregate, or ask for fewer columns")
        yield chunk
    await _raise_failure(worker)


async def _raise_failure(worker: asyncio.subprocess.Process) -> None:
    assert worker.stderr is not None
    said = (await worker.stderr.read(_CHUNK_BYTES)).decode(errors="replace")
    if await worker.wait() == 0:
        return
    kind, _, message = said.partition(": ")
    if kind in _FAILURES:
        raise _FAILURES[kind](message.strip())
    if worker.returncode == 1 and "emory" not in said:  # Python's own exit: not killed, and no kind of MemoryError
        raise QueryUnavailable(f"the query could not be answered ({said.strip().rpartition(chr(10))[2][:200]})")
    raise QueryTooLarge("the query needed more memory or disk than a query may use; ask for less")


async def _end(worker: asyncio.subprocess.Process) -> None:
    if worker.returncode is None:
        worker.kill()
    await worker.wait()
