"""Counters speak while one request in five to every provider fails: what became of each utterance and each question.

`make bench-chaos` starts the graph of `serve_config.yaml` with a second provider behind the first, and the emulators,
which play every fault that passes by itself; fifty counters play recorded dialogues for ten minutes. An utterance that
has neither a text nor a recorded reason is lost, and fails the run. Writes `benchmarks/results/chaos.jsonl`.
"""

import argparse
import asyncio
import json
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import duckdb
import httpx

from benchmarks.chaos.outcomes import Outcomes, outcomes
from benchmarks.latency.counters import STAGGER_S, play, registered
from benchmarks.latency.providers import emulated_providers
from benchmarks.scale.graph import ROOT, Graph, shop_config
from sandbox.faults import Service
from sandbox.recordings import Dialogue, load_dialogues

RESULTS = ROOT / "benchmarks" / "results" / "chaos.jsonl"
PLAN, SOCKETS = 20, 60  # enough for fifty counters: faults are measured here, not a small plan


def main() -> None:
    given = _arguments()
    found = [(mode, _measured(mode, given)) for mode in given.modes]
    lines = [{"figure": name, "mode": mode, "value": value} for mode, had in found for name, value in had.figures()]
    setting = {"counters": given.counters, "seconds": given.seconds, "fault_rate": given.rate}
    RESULTS.parent.mkdir(parents=True, exist_ok=True)
    RESULTS.write_text("".join(json.dumps(line | setting) + "\n" for line in lines), encoding="utf-8")
    print(f"written to {RESULTS.relative_to(ROOT)}")
    if any(had.lost for _, had in found):
        raise SystemExit("utterances were lost without a recorded reason")


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.chaos.run", description=__doc__)
    parser.add_argument("--modes", nargs="+", choices=["batch", "realtime"], default=["batch", "realtime"])
    parser.add_argument("--counters", type=int, default=50)
    parser.add_argument("--seconds", type=float, default=600.0, help="how long counters begin new dialogues")
    parser.add_argument("--rate", type=float, default=0.2, help="share of requests that get a fault")
    return parser.parse_args()


def _measured(mode: str, given: argparse.Namespace) -> Outcomes:
    with (
        tempfile.TemporaryDirectory(prefix="balto-chaos-") as folder,
        emulated_providers(speech_ms=250, chat_ms=500) as environment,
        Graph(_config(mode), Path(folder), environment) as graph,
    ):
        sandbox = environment["ELEVENLABS_BASE_URL"]
        for service in Service:
            _order(sandbox, {"service": service, "rate": given.rate})
        sent_s = asyncio.run(_stream(graph.url, given.counters, given.seconds))
        state: dict[str, Any] = httpx.get(f"{sandbox}/sandbox/state", trust_env=False).json()
        graph.stop()
        with duckdb.connect(str(Path(folder) / "dados" / "registro.duckdb"), read_only=True) as record:
            had = outcomes(record, sent_s, sum(state["requests"].values()), sum(state["played"].values()))
    print(f"{mode}:")
    for name, value in had.figures():
        print(f"  {name:36} {value:g}")
    return had


def _config(mode: str) -> dict[str, Any]:
    config = shop_config()
    config["applications"][0]["args"]["transcription"] = {
        "mode": mode,
        "providers": ["elevenlabs", "xai"],
        "elevenlabs": {"call": {"max_concurrent": PLAN}},
        "xai": {"call": {"max_concurrent": PLAN}},
        "elevenlabs_realtime": {"call": {"max_concurrent": SOCKETS}},
    }
    return config


def _order(sandbox: str, order: dict[str, object]) -> None:
    httpx.post(f"{sandbox}/sandbox/faults", json=order, trust_env=False).raise_for_status()


async def _stream(url: str, counters: int, seconds: float) -> float:
    """Seconds of audio that all counters sent."""
    dialogues, until_s = load_dialogues(), time.monotonic() + seconds
    keys = registered(url, counters)
    return sum(await asyncio.gather(*(_counter(url, key, n, dialogues, until_s) for n, key in enumerate(keys))))


async def _counter(url: str, key: str, number: int, dialogues: Sequence[Dialogue], until_s: float) -> float:
    await asyncio.sleep(number * STAGGER_S % 30)
    sent_s, turn = 0.0, number
    while time.monotonic() < until_s:
        sent_s += (await play(url, key, dialogues[turn % len(dialogues)])).sent_s
        turn += 1
    return sent_s


if __name__ == "__main__":
    main()
