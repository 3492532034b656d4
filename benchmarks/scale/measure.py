"""Run a load against the graph, or against the floor, and bring back what was seen: no arithmetic here."""

import json
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import duckdb
import httpx

from benchmarks.scale.graph import ROOT, Graph
from benchmarks.scale.processes import Usage, usage
from benchmarks.scale.providers import Providers, standing_in
from client.registration import Registration
from deployments.machine import free_port

KEYS = 20  # counters share them: keys are checked the same way
RAMP_PER_S = 40.0
SETTLE_S = 8.0
IDLE_S = 5.0
START_TIMEOUT_S = 60.0
PUBLISHED_WITHIN_S = 12.0
OWN_LATENCY = """
    SELECT greatest(proprio_ms - coalesce(espera_ms, 0), 0) FROM fatos.exibicoes
    WHERE em >= to_timestamp(?) AND proprio_ms IS NOT NULL
"""  # without the pause that the asking policy waits for on purpose, or the answer to the question before


class BenchError(Exception):
    """The run cannot be made, or cannot be believed; the message says why."""


@dataclass(frozen=True, slots=True)
class Plan:
    counters: int
    duration_s: float
    chunk_ms: int
    folder: Path
    providers: Providers = Providers.DOUBLES


@dataclass(frozen=True, slots=True)
class Seen:
    """One side's run: `before` and `after` bound the measured stretch."""

    idle: dict[int, Usage]
    before: dict[int, Usage]
    after: dict[int, Usage]
    elapsed_s: float
    lag_counts: list[int]  # in the stretch, by whole ms
    load: dict[str, Any]  # in the stretch
    ready_s: float = 0.0
    own_latency_ms: tuple[float, ...] = ()


def measure_graph(plan: Plan) -> Seen:
    with standing_in(plan.providers) as (config, environment):
        _make_room(config, plan.counters)
        with Graph(config, plan.folder, environment) as graph:
            time.sleep(IDLE_S)
            idle = usage(graph.pid)
            seen, began_at = _drive(plan, graph.url, _keys(graph.url), graph.pid, idle, lambda: graph.order("measure"))
            own = _own_latency(plan.folder / "dados" / "registro.duckdb", began_at)
        return Seen(idle, *seen, ready_s=graph.ready_s, own_latency_ms=own)


def _make_room(config: dict[str, Any], counters: int) -> None:
    """An ingress that admits them all."""
    (application,) = config["applications"]
    ingress = application["args"]["ingress"]
    ingress["max_counters"] = max(ingress["max_counters"], counters)
    places = next(deployed for deployed in application["deployments"] if deployed["name"] == "ingress")
    places["max_ongoing_requests"] = max(places["max_ongoing_requests"], 2 * counters)


def measure_floor(plan: Plan) -> Seen:
    return measure_server(plan, "benchmarks.scale.floor")


def measure_server(plan: Plan, module: str, python: str = sys.executable) -> Seen:
    """A server in one process that takes `--port` and answers `/measurements` as the floor does."""
    port = free_port()
    url = f"http://127.0.0.1:{port}"
    with _server(python, module, port) as server, httpx.Client(timeout=10) as client:
        _await_answer(client, f"{url}/measurements")
        idle = usage(server.pid)
        seen, _ = _drive(plan, url, ["-"], server.pid, idle, lambda: client.get(f"{url}/measurements").json())
    return Seen(idle, *seen)


def _keys(url: str) -> list[str]:
    with Registration(url) as registration:
        codigo = registration.client(email="carga@exemplo.invalid", razao_social="Carga", telefone="11 0000-0000")
        return [
            registration.counter(nome_balcao=f"Balcão {number}", user_codigo=codigo)[1] for number in range(1, KEYS + 1)
        ]


def _drive(
    plan: Plan, url: str, keys: list[str], server_pid: int, idle: dict[int, Usage], measure: Callable[[], list[Any]]
) -> tuple[tuple[dict[int, Usage], dict[int, Usage], float, list[int], dict[str, Any]], float]:
    """Connect the counters, let things settle, and look twice, `duration_s` apart."""
    address = url.replace("http", "ws", 1) + "/ws"
    ramp_s = max(1.0, plan.counters / RAMP_PER_S)
    options = ["--counters", plan.counters, "--chunk-ms", plan.chunk_ms, "--ramp-s", ramp_s]
    command = [sys.executable, "-m", "benchmarks.scale.load", "--url", address, *map(str, options), "--keys", *keys]
    with _process(command) as load:
        _read(load)
        time.sleep(SETTLE_S)
        began_at, load_before, lag_before, before = time.time(), _count(load), _lag(measure()), usage(server_pid)
        began = time.monotonic()
        time.sleep(plan.duration_s)
        after, elapsed_s = usage(server_pid), time.monotonic() - began
        lag_after, load_after = _lag(measure()), _count(load)
    spent = {name: load_after[name] - load_before[name] for name in ("sent", "sent_late", "cards")}
    lag = [now - then for now, then in zip(lag_after, lag_before, strict=True)]
    return (before, after, elapsed_s, lag, load_after | spent), began_at


def _lag(measured: list[Any]) -> list[int]:
    """The histograms of all ingress replicas as one."""
    return [sum(counts) for counts in zip(*(replica["lag_counts"] for replica in measured), strict=True)]


def _own_latency(published: Path, since: float) -> tuple[float, ...]:
    """From the record itself, once it has been published after the run."""
    deadline = time.time()
    while not published.exists() or published.stat().st_mtime < deadline:
        if time.time() > deadline + PUBLISHED_WITHIN_S:
            break
        time.sleep(0.5)
    with duckdb.connect(str(published), read_only=True) as con:
        return tuple(value for (value,) in con.execute(OWN_LATENCY, [since]).fetchall())


@contextmanager
def _server(python: str, module: str, port: int) -> Iterator["subprocess.Popen[str]"]:
    with _process([python, "-m", module, "--port", str(port)]) as process:
        try:
            yield process
        finally:
            process.terminate()


@contextmanager
def _process(command: list[str]) -> Iterator["subprocess.Popen[str]"]:
    """Ends when its input does, unless it has ended before."""
    process = subprocess.Popen(command, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    try:
        yield process
    finally:
        assert process.stdin is not None
        process.stdin.close()
        process.wait(START_TIMEOUT_S)
        assert process.stdout is not None
        process.stdout.close()


def _read(process: "subprocess.Popen[str]") -> dict[str, Any]:
    assert process.stdout is not None
    line = process.stdout.readline()
    if not line:
        raise BenchError("the load generator could not connect its counters (see its error above)")
    answer: dict[str, Any] = json.loads(line)
    return answer


def _count(load: "subprocess.Popen[str]") -> dict[str, Any]:
    assert load.stdin is not None
    load.stdin.write("count\n")
    load.stdin.flush()
    return _read(load)


def _await_answer(client: httpx.Client, url: str) -> None:
    deadline = time.monotonic() + START_TIMEOUT_S
    while time.monotonic() < deadline:
        try:
            client.get(url)
        except httpx.TransportError:
            time.sleep(0.1)
        else:
            return
    raise BenchError("the single-process server did not start")
