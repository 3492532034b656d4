"""The four questions while counters' facts are written and copies published: commits, cards, questions, each timed.

The questions are asked by another process, this module's own `main`.
"""

import asyncio
import json
import statistics
import subprocess
import sys
import threading
import time
from pathlib import Path
from typing import Any

import duckdb

from benchmarks.record.courier import EVENTS_PER_COUNTER_S, Timing, percentile, record_talk
from benchmarks.record.queries import STANDARD
from pipeline.record.batch import Batch
from pipeline.record.service import RecordService

ROWS_PER_S = 200
PUBLISH_EVERY_S = 5.0
ASKING_STARTS_S = 2.0  # the other process loads DuckDB first


class Publishing:
    """Publishes every few seconds until told to stop, and notes when."""

    def __init__(self, service: RecordService) -> None:
        self.took: list[Timing] = []
        self._service = service
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run)
        self._thread.start()

    def _run(self) -> None:
        while not self._stop.wait(PUBLISH_EVERY_S):
            began = time.perf_counter()
            self._service.publish()
            self.took.append(Timing(began, time.perf_counter()))

    def stop(self) -> None:
        self._stop.set()
        self._thread.join()


def measure(folder: Path, service: RecordService, seconds: float) -> dict[str, Any]:
    """`commit_publishing_p50_ms`: of the commits that were under way during a publication."""

    async def deliver(batch: Batch) -> int:
        return await asyncio.wrap_future(service.submit(batch))

    publishing = Publishing(service)
    command = [sys.executable, "-m", __name__, str(folder / "registro.duckdb"), str(seconds)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as asking:
        counters, talking_s = round(ROWS_PER_S / EVENTS_PER_COUNTER_S), seconds + ASKING_STARTS_S
        rows, waits_ms, commits = asyncio.run(record_talk(deliver, folder / "spool", counters, talking_s))
        said, _ = asking.communicate()
    publishing.stop()
    commits_ms = [commit.ms for commit in commits]
    beside_ms = [commit.ms for commit in commits if any(commit.overlaps(copy) for copy in publishing.took)]
    asked: dict[str, Any] = json.loads(said)
    return asked | {
        "written_rows_per_s": round(rows / talking_s),
        "commit_p50_ms": round(statistics.median(commits_ms), 1),
        "commit_p99_ms": round(percentile(commits_ms, 0.99), 1),
        "commit_publishing_p50_ms": round(statistics.median(beside_ms), 1) if beside_ms else None,
        "commits": len(commits),
        "card_wait_p50_ms": round(statistics.median(waits_ms), 1),
        "card_wait_p99_ms": round(percentile(waits_ms, 0.99), 1),
        "publish_s": round(max(copy.ms for copy in publishing.took) / 1000, 3),
        "publish_p50_s": round(statistics.median(copy.ms for copy in publishing.took) / 1000, 3),
        "publications": len(publishing.took),
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
        time.sleep(0.2)  # analysts ask, read, and ask again: they do not fill a core
    medians = {f"query_{name}_s": round(statistics.median(times), 3) for name, times in took.items()}
    return medians | {f"query_{name}_max_s": round(max(times), 3) for name, times in took.items()}


if __name__ == "__main__":
    print(json.dumps(ask(sys.argv[1], float(sys.argv[2]))))
