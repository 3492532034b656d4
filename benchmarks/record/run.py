"""Measure the record and append one line to benchmarks/results/record.jsonl: `make bench-record`.

Everything goes through the product's own code; the load and the queries run at the same time, in two processes.
"""

import argparse
import json
import os
import shutil
import sqlite3
import sys
import tempfile
import time
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import duckdb

from benchmarks.record import kills, under_load
from benchmarks.record.data import fill
from benchmarks.record.queries import SQLITE, SQLITE_TABLES
from configs.record import RecordSettings
from pipeline.events import Event, ProviderCalled, ProviderRole
from pipeline.ids import new_id
from pipeline.record.batch import Batch, pack
from pipeline.record.service import RecordService
from pipeline.record.wire import encode

RESULTS = Path(__file__).parents[1] / "results" / "record.jsonl"
_SETTINGS = RecordSettings(writer_memory_mb=6144, housekeeping_every_s=86_400)


def events(count: int) -> list[Event]:
    """Provider calls: the widest of the frequent facts."""
    session_id = new_id()
    return [
        ProviderCalled(
            session_id=session_id, role=ProviderRole.TRANSCRIBER, provider="elevenlabs", model="scribe_v2", attempt=1,
            outcome="ok", http_status=200, latency_ms=500.0, audio_s=2.0, cost_usd=0.0002,
        )
        for _ in range(count)
    ]  # fmt: skip


def batch(origin: str, first: int, found: list[Event]) -> Batch:
    return pack(origin, [(seq, encode(seq, event)) for seq, event in enumerate(found, first)])


def measure_inserts(service: RecordService, batches: int = 60, size: int = 1000) -> dict[str, Any]:
    """Rows per second through the ledger and a commit, in batches of 1,000; the batches are made beforehand."""
    ready = [batch("bench-insert", 1 + number * size, events(size)) for number in range(batches)]
    began = time.perf_counter()
    for one in ready:
        service.commit(one)
    return {"rows_per_s": round(batches * size / (time.perf_counter() - began))}


def measure_sqlite(published: Path, folder: Path) -> dict[str, Any]:
    """The same rows and questions in SQLite, with the columns that they need and nothing else."""
    con = sqlite3.connect(folder / "sqlite.db")
    con.execute("PRAGMA journal_mode = OFF")
    con.execute("PRAGMA synchronous = OFF")
    began = time.perf_counter()
    rows = _fill_sqlite(con, published)
    result: dict[str, Any] = {"sqlite_rows": rows, "sqlite_made_s": round(time.perf_counter() - began, 1)}
    for name, sql in SQLITE.items():
        began = time.perf_counter()
        con.execute(sql).fetchall()
        result[f"sqlite_{name}_s"] = round(time.perf_counter() - began, 3)
    con.close()
    result["sqlite_mb"] = round((folder / "sqlite.db").stat().st_size / 1e6, 1)
    return result


def _fill_sqlite(con: sqlite3.Connection, published: Path) -> int:
    """Returns how many rows, of all tables."""
    rows = 0
    with duckdb.connect(str(published), read_only=True) as source:
        for table, columns in SQLITE_TABLES.items():
            con.execute(f"CREATE TABLE {table} ({', '.join(columns)})")
            cursor = source.execute(f"SELECT {', '.join(columns.values())} FROM fatos.{table}")
            while some := cursor.fetchmany(100_000):
                con.executemany(f"INSERT INTO {table} VALUES ({', '.join('?' * len(columns))})", some)
                rows += len(some)
    con.execute("CREATE INDEX por_interacao ON desfechos (interacao_id)")
    con.commit()
    return rows


def run(rows: int, days: int, kill_count: int, seconds: float) -> dict[str, Any]:
    folder = Path(tempfile.mkdtemp(prefix="balto-bench-"))
    try:
        service = RecordService(_SETTINGS, folder, folder / "registro.duckdb")
        result: dict[str, Any] = {"interactions": rows, "days": days} | measure_inserts(service)
        began = time.perf_counter()
        service.run_on_writer(lambda con: fill(con, rows, days))
        result["made_s"] = round(time.perf_counter() - began, 1)
        began = time.perf_counter()
        service.tidy()
        result["sealed_s"] = round(time.perf_counter() - began, 1)
        result |= under_load.measure(folder, service, seconds)
        print(json.dumps(result), file=sys.stderr)
        service.close()
        result["published_mb"] = round((folder / "registro.duckdb").stat().st_size / 1e6, 1)
        result["archive_mb"] = round(sum(f.stat().st_size for f in (folder / "arquivo").rglob("*.parquet")) / 1e6, 1)
        result |= measure_sqlite(folder / "registro.duckdb", folder)
        killed = folder / "kills"
        killed.mkdir()
        return result | kills.run(kill_count, killed)
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, default=10_000_000)
    parser.add_argument("--days", type=int, default=30)
    parser.add_argument("--kills", type=int, default=100)
    parser.add_argument("--seconds", type=float, default=30.0)
    args = parser.parse_args()
    line = {"at": datetime.now(UTC).isoformat(timespec="seconds"), "cores": os.cpu_count(), "load": os.getloadavg()[0]}
    line |= {"duckdb": duckdb.__version__} | run(args.rows, args.days, args.kills, args.seconds)
    RESULTS.parent.mkdir(exist_ok=True)
    with RESULTS.open("a", encoding="utf-8") as file:
        file.write(json.dumps(line) + "\n")
    print(json.dumps(line, indent=2))


if __name__ == "__main__":
    main()
