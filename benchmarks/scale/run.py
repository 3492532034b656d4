"""`make bench`: how many counters the graph carries here, what one costs, and the same gate without the graph.

COUNTERS, DURATION_S and CHUNK_MS set the run. Every figure is one JSON line, on standard output and in
benchmarks/results/scale.jsonl; a table follows. The providers are doubles with a fixed delay; with PROVIDERS=emulators
they are HTTP emulators in their own process, a first line says so, and the file is scale-emulators.jsonl.
"""

import resource
import sys
import tempfile
from dataclasses import replace
from pathlib import Path

from pydantic import Field, ValidationError
from pydantic_settings import BaseSettings

from benchmarks.scale.figures import Figure, floor_figures, graph_figures, price
from benchmarks.scale.measure import BenchError, Plan, measure_floor, measure_graph
from benchmarks.scale.providers import Providers
from benchmarks.scale.report import show, write
from cli.output import CommandError

RESULTS = Path(__file__).parents[1] / "results"
FILES_PER_COUNTER = 2  # HAProxy holds both sides of each socket
FILES_BESIDE = 512
FLOOR_MOST_S = 60.0  # a ratio's denominator: it says nothing of a long run


class Wanted(BaseSettings):
    """The run's size, from the environment."""

    counters: int = Field(50, ge=1, le=20_000)
    duration_s: float = Field(30.0, ge=5)
    chunk_ms: int = Field(100, ge=10, le=1000)
    providers: Providers = Providers.DOUBLES


def main() -> int:
    try:
        wanted = Wanted()
        allow_files(wanted.counters * FILES_PER_COUNTER + FILES_BESIDE)
        with tempfile.TemporaryDirectory(prefix="balto-bench-", ignore_cleanup_errors=True) as folder:
            plan = Plan(wanted.counters, wanted.duration_s, wanted.chunk_ms, Path(folder), wanted.providers)
            half = replace(plan, duration_s=min(wanted.duration_s, FLOOR_MOST_S) / 2)
            before = measure_floor(half)  # and after: a machine that slows down meanwhile would make the price
            graph = graph_figures(measure_graph(plan))
            floor = floor_figures(before, measure_floor(half))
    except (ValidationError, BenchError, CommandError) as error:
        print(error, file=sys.stderr)
        return 2
    figures = [*graph, *floor, price(graph, floor)]
    _report(wanted, figures)
    return 0


def _report(wanted: Wanted, figures: list[Figure]) -> None:
    title = f"{wanted.counters} counters, {wanted.chunk_ms} ms chunks, {wanted.duration_s:g} s"
    if wanted.providers is Providers.DOUBLES:
        write(RESULTS / "scale.jsonl", figures)
        show(title, figures)
    else:
        write(RESULTS / f"scale-{wanted.providers}.jsonl", figures, providers=wanted.providers)
        show(f"{title}, {wanted.providers} for providers", figures)


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
