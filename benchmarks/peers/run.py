"""`make bench-peers`: what a counter costs pipecat and what it costs Balto, by the same load and the same measure.

COUNTERS, DURATION_S and CHUNK_MS set the run. One after the other, in one call: pipecat's transport with its Silero
detector, Balto's graph, and Balto's gate in a single process. Every figure is one JSON line, on standard output and in
benchmarks/results/peers.jsonl; a table follows.
"""

import sys
import tempfile
from pathlib import Path

from pydantic import Field, ValidationError
from pydantic_settings import BaseSettings

from benchmarks.peers.figures import comparison, peer_figures
from benchmarks.scale.figures import floor_figures, graph_figures
from benchmarks.scale.graph import ROOT
from benchmarks.scale.measure import BenchError, Plan, measure_floor, measure_graph, measure_server
from benchmarks.scale.report import show, write
from benchmarks.scale.run import FILES_BESIDE, FILES_PER_COUNTER, allow_files

RESULTS = ROOT / "benchmarks" / "results" / "peers.jsonl"
PYTHON = ROOT / ".bench-peers" / "bin" / "python"  # made by `make bench-peers`


class Wanted(BaseSettings):
    """The run's size, from the environment."""

    counters: int = Field(20, ge=1, le=2_000)
    duration_s: float = Field(15.0, ge=5)
    chunk_ms: int = Field(100, ge=10, le=1000)


def main() -> int:
    try:
        wanted = Wanted()
        if not PYTHON.exists():
            raise BenchError(f"pipecat's environment, {PYTHON.parents[1]}, is not there: `make bench-peers` makes it")
        allow_files(wanted.counters * FILES_PER_COUNTER + FILES_BESIDE)
        with tempfile.TemporaryDirectory(prefix="balto-bench-", ignore_cleanup_errors=True) as folder:
            plan = Plan(wanted.counters, wanted.duration_s, wanted.chunk_ms, Path(folder))
            peer = peer_figures(measure_server(plan, "benchmarks.peers.pipecat_server", str(PYTHON)))
            graph = graph_figures(measure_graph(plan))
            floor = floor_figures(measure_floor(plan))
    except (ValidationError, BenchError) as error:
        print(error, file=sys.stderr)
        return 2
    figures = comparison(peer, graph, floor)
    write(RESULTS, figures)
    show(
        f"pipecat and Balto: {wanted.counters} counters, {wanted.chunk_ms} ms chunks, {wanted.duration_s:g} s", figures
    )
    return 0


if __name__ == "__main__":
    sys.exit(main())
