"""`make bench`: how many counters the graph carries here, what one costs, and the same gate without the graph.

COUNTERS, DURATION_S and CHUNK_MS set the run. Every figure is one JSON line, on standard output and in
benchmarks/results/scale.jsonl; a table follows. The providers are doubles with a fixed delay.
"""

import resource
import sys
import tempfile
from pathlib import Path

from pydantic import Field, ValidationError
from pydantic_settings import BaseSettings

from benchmarks.scale.figures import floor_figures, graph_figures, price
from benchmarks.scale.measure import BenchError, Plan, measure_floor, measure_graph
from benchmarks.scale.report import show, write

RESULTS = Path(__file__).parents[1] / "results" / "scale.jsonl"
FILES_PER_COUNTER = 2  # HAProxy holds both sides of each socket
FILES_BESIDE = 512


class Wanted(BaseSettings):
    """The run's size, from the environment."""

    counters: int = Field(50, ge=1, le=20_000)
    duration_s: float = Field(30.0, ge=5)
    chunk_ms: int = Field(100, ge=10, le=1000)


def main() -> int:
    try:
        wanted = Wanted()
        allow_files(wanted.counters * FILES_PER_COUNTER + FILES_BESIDE)
        with tempfile.TemporaryDirectory(prefix="balto-bench-", ignore_cleanup_errors=True) as folder:
            plan = Plan(wanted.counters, wanted.duration_s, wanted.chunk_ms, Path(folder))
            graph = graph_figures(measure_graph(plan))
            floor = floor_figures(measure_floor(plan))
    except (ValidationError, BenchError) as error:
        print(error, file=sys.stderr)
        return 2
    figures = [*graph, *floor, price(graph, floor)]
    write(RESULTS, figures)
    show(f"{wanted.counters} counters, {wanted.chunk_ms} ms chunks, {wanted.duration_s:g} s", figures)
    return 0


def allow_files(needed: int) -> None:
    """Raise this process's own limit, which its children inherit. Raises BenchError when the system's is too low."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if soft >= needed:
        return
    if hard != resource.RLIM_INFINITY and hard < needed:
        raise BenchError(
            f"this run needs {needed} open files in one process and the system allows {hard}: "
            f"raise it with `ulimit -Hn {needed}` as root, or ask for at most "
            f"COUNTERS={max(1, (hard - FILES_BESIDE) // FILES_PER_COUNTER)}"
        )
    resource.setrlimit(resource.RLIMIT_NOFILE, (needed, hard))


if __name__ == "__main__":
    sys.exit(main())
