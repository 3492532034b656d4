"""Measure the record and append one line to benchmarks/results/record.jsonl: `make bench-record`.

Everything goes through the product's own code; the load and the queries run at the same time, in two processes.
"""

import argparse
import asyncio
import json
import os
import shutil
import sqlite3
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import duckdb

from benchmarks.record import courier, kills
from benchmarks.record.data import fill
from benchmarks.record.queries import SQLITE, SQLITE_TABLES, STANDARD
from configs.record import RecordSettings
from pipeline.events import Event, ProviderCalled, ProviderRole
from pipeline.ids import new_id
from pipeline.record.service import RecordService
from pipeline.record.wire import Batch, encode

RESULTS = Path(__file__).parents[1] / "results" / "record.jsonl"
ROWS_PER_S = 200
ASKING_STARTS_S = 2.0  # the other process loads DuckDB first
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
    payload = b"".join(encode(seq, event) for seq, event in enumerate(found, first))
    return Batch(origin, first, first + len(found) - 1, payload)


def measure_inserts(service: RecordService, batches: int = 60, size: int = 1000) -> dict[str, Any]:
    """Rows per second through decode, ledger and commit, in batches of 1,000; the batches are made beforehand."""
    ready = [batch("bench-insert", 1 + number * size, events(size)) for number in range(batches)]
    began = time.perf_counter()
    for one in ready:
        service.commit(one)
    return {"rows_per_s": round(batches * size / (time.perf_counter() - began))}


def measure_under_load(folder: Path, service: RecordService, seconds: float) -> dict[str, Any]:
    """200 rows/s from spool to commit and publications going on, while another process asks the four questions."""
    stop = threading.Event()
    publish_s: list[float] = []

    def publish() -> None:
        while not stop.wait(5.0):
            publish_s.append(service.publish())

    publishing = threading.Thread(target=publish)
    publishing.start()
    command = [sys.executable, "-m", "benchmarks.record.run", "--ask", str(folder / "registro.duckdb"), str(seconds)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as asking:
        counters = round(ROWS_PER_S / courier.EVENTS_PER_COUNTER_S)
        talking_s = seconds + ASKING_STARTS_S
        rows, waits_ms, commits_ms = asyncio.run(courier.record_talk(service, folder / "spool", counters, talking_s))
        said, _ = asking.communicate()
    stop.set()
    publishing.join()
    asked: dict[str, Any] = json.loads(said)
    return asked | {
        "written_rows_per_s": round(rows / talking_s),
        "commit_p50_ms": round(statistics.median(commits_ms), 1),
        "commit_p99_ms": round(courier.percentile(commits_ms, 0.99), 1),
        "commits": len(commits_ms),
        "card_wait_p50_ms": round(statistics.median(waits_ms), 1),
        "card_wait_p99_ms": round(courier.percentile(waits_ms, 0.99), 1),
        "publish_s": round(max(publish_s), 3),
        "publications": len(publish_s),
    }


def ask(path: str, seconds: float) -> dict[str, Any]:
    """Each question's median time, opening the file afresh for every round as an analyst's tool would."""
    took: dict[str, list[float]] = {name: [] for name in STANDARD}
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        with duckdb.connect(path, read_only=True) as con:
            for name, sql in STANDARD.items():
                began = time.perf_counter()
                con.execute(sql).fetchall()
                took[name].append(time.perf_counter() - began)
        time.sleep(0.2)
    medians = {f"query_{name}_s": round(statistics.median(times), 3) for name, times in took.items()}
    return medians | {f"query_{name}_max_s": round(max(times), 3) for name, times in took.items()}


def measure_sqlite(published: Path, folder: Path, rows: int) -> dict[str, Any]:
    """The same rows and questions in SQLite, from up to `rows` interactions."""
    con = sqlite3.connect(folder / "sqlite.db")
    with duckdb.connect(str(published), read_only=True) as source:
        for table, columns in SQLITE_TABLES.items():
            con.execute(f"CREATE TABLE {table} ({', '.join(columns)})")
            cast = ", ".join(f"{c}::VARCHAR" if c in ("dia", "interacao_id") else c for c in columns)
            cursor = source.execute(f"SELECT {cast} FROM fatos.{table} ORDER BY em LIMIT {rows}")
            while some := cursor.fetchmany(50_000):
                con.executemany(f"INSERT INTO {table} VALUES ({', '.join('?' * len(columns))})", some)
        con.execute("CREATE INDEX por_interacao ON desfechos (interacao_id)")
        con.commit()
    result: dict[str, Any] = {"sqlite_rows": rows}
    for name, sql in SQLITE.items():
        began = time.perf_counter()
        con.execute(sql).fetchall()
        result[f"sqlite_{name}_s"] = round(time.perf_counter() - began, 3)
    con.close()
    return result


def run(rows: int, days: int, kill_count: int, seconds: float, sqlite_rows: int) -> dict[str, Any]:
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
        result |= measure_under_load(folder, service, seconds)
        service.close()
        result["published_mb"] = round((folder / "registro.duckdb").stat().st_size / 1e6, 1)
        result["archive_mb"] = round(sum(f.stat().st_size for f in (folder / "arquivo").rglob("*.parquet")) / 1e6, 1)
        result |= measure_sqlite(folder / "registro.duckdb", folder, sqlite_rows)
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
    parser.add_argument("--sqlite-rows", type=int, default=1_000_000)
    parser.add_argument("--ask", nargs=2, metavar=("FILE", "SECONDS"))
    args = parser.parse_args()
    if args.ask:
        print(json.dumps(ask(args.ask[0], float(args.ask[1]))))
        return
    line = {"at": datetime.now(UTC).isoformat(timespec="seconds"), "cores": os.cpu_count(), "load": os.getloadavg()[0]}
    line |= {"duckdb": duckdb.__version__} | run(args.rows, args.days, args.kills, args.seconds, args.sqlite_rows)
    RESULTS.parent.mkdir(exist_ok=True)
    with RESULTS.open("a", encoding="utf-8") as file:
        file.write(json.dumps(line) + "\n")
    print(json.dumps(line, indent=2))


if __name__ == "__main__":
    main()
