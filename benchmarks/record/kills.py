"""SIGKILL producers and the writer at random moments; then count what was acknowledged and what is there.

Processes: one writer (the real RecordService behind a Unix socket) and producers (real Spool and Courier). A producer
logs every event after `record()` returned for it: the log is the promise to be kept.
"""

import argparse
import asyncio
import json
import os
import random
import signal
import subprocess
import sys
import time
from pathlib import Path

import duckdb

from benchmarks.record import remote
from benchmarks.record.remote import Remote
from configs.record import RecordSettings
from pipeline.events import ErrorNoted
from pipeline.ids import new_id
from pipeline.record.courier import Courier
from pipeline.record.service import RecordService
from pipeline.record.spool import Spool

ROOT = Path(__file__).parents[2]
SETTINGS = RecordSettings(publish_every_s=0.5, orphan_scan_s=0.5, lock_wait_s=20)
PROGRESS_WITHIN_S = 90.0


async def run_producer(folder: Path, promises: Path, number: str) -> None:
    """Record events as fast as they become durable, logging each one that was acknowledged in `promises`."""
    origin = f"p{number}-{new_id()}"
    courier = Courier(Spool(folder / "spool", origin), Remote(folder).deliver, SETTINGS)
    acknowledged = os.open(promises / f"acked-{origin}.txt", os.O_CREAT | os.O_WRONLY | os.O_APPEND)
    count = 0
    while True:
        events = [ErrorNoted(component=origin, kind="teste", message=str(count + i)) for i in range(1, 6)]
        await courier.record(events)
        count += len(events)
        os.write(acknowledged, f"{count}\n".encode())


def start(folder: Path, name: str, promises: Path) -> subprocess.Popen[bytes]:
    """`name`: "writer", or a producer's number."""
    if name == "writer":
        return remote.start(folder, SETTINGS)
    module, folders = "benchmarks.record.kills", ["--folder", str(folder), "--promises", str(promises)]
    command = [sys.executable, "-m", module, *folders, "--producer", name]
    with (promises / "producer.log").open("ab") as log:
        return subprocess.Popen(command, cwd=ROOT, stderr=log)


def run(kills: int, folder: Path, *, seed: int = 1, producers: int = 2) -> dict[str, int]:
    """Kill `kills` times, writer and producers alike, and count. Keys: kills, acked_rows, …_lost, duplicated_rows."""
    chance = random.Random(seed)
    processes = {name: start(folder, name, folder) for name in ("writer", *map(str, range(producers)))}
    try:
        for _ in range(kills):
            await_more_promises(folder)
            time.sleep(chance.uniform(0.0, 1.5))  # the moment of the kill is what is drawn by lot
            name = chance.choice(list(processes))
            processes[name].send_signal(signal.SIGKILL)
            processes[name].wait()
            processes[name] = start(folder, name, folder)
        await_more_promises(folder)
    finally:
        for process in processes.values():
            process.kill()
            process.wait()
    return {"kills": kills} | count(folder, folder)


def await_more_promises(promises: Path) -> None:
    """Return once something was acknowledged since now: however slow the machine, each kill interrupts real work."""
    before, deadline = _promised(promises), time.monotonic() + PROGRESS_WITHIN_S
    while _promised(promises) <= before:
        if time.monotonic() > deadline:
            raise TimeoutError(f"nothing was acknowledged for {PROGRESS_WITHIN_S:.0f} s; see the logs in {promises}")
        time.sleep(0.05)  # other processes write the files that are looked at


def _promised(promises: Path) -> int:
    return sum(path.stat().st_size for path in promises.glob("acked-*.txt"))


def count(folder: Path, promises: Path) -> dict[str, int]:
    """Open the folder as the next recorder would, taking the dead ones' spools in, and compare with the promises."""
    RecordService(SETTINGS, folder, folder / "registro.duckdb").close()
    promised = {
        path.stem.removeprefix("acked-"): int(["0", *path.read_text().split()][-1])
        for path in promises.glob("acked-*.txt")
    }
    with duckdb.connect(str(folder / "registro.duckdb"), read_only=True) as con:
        sql = "SELECT componente, mensagem::BIGINT, count(*) FROM fatos.erros WHERE tipo = 'teste' GROUP BY ALL"
        found: dict[str, set[int]] = {}
        duplicated = 0
        for origin, number, times in con.execute(sql).fetchall():
            found.setdefault(origin, set()).add(number)
            duplicated += times - 1
    lost = sum(len(set(range(1, most + 1)) - found.get(origin, set())) for origin, most in promised.items())
    rows = sum(len(numbers) for numbers in found.values())
    return {
        "acked_rows": sum(promised.values()), "rows": rows, "acked_rows_lost": lost, "duplicated_rows": duplicated
    }  # fmt: skip


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--folder", type=Path, required=True)
    parser.add_argument("--promises", type=Path, help="where a producer logs what was acknowledged; default: there too")
    parser.add_argument("--producer", help="be the producer of this number, until killed")
    parser.add_argument("--kills", type=int, default=100)
    args = parser.parse_args()
    if args.producer is not None:
        asyncio.run(run_producer(args.folder, args.promises or args.folder, args.producer))
    else:
        args.folder.mkdir(parents=True, exist_ok=True)
        print(json.dumps(run(args.kills, args.folder)))


if __name__ == "__main__":
    main()
