"""Replicas of the providers' clients come and go while counters speak: the accounts' plans are never exceeded."""

import asyncio
from collections.abc import Iterator
from typing import Any

import duckdb
import httpx
import pytest

from benchmarks.latency.providers import emulated_providers
from benchmarks.scale.graph import Graph, shop_config
from tests.serve.conftest import StartGraph, Talk, register, speech, talk

pytestmark = pytest.mark.timeout(280)

SPEECH_PLAN, MODEL_PLAN = 4, 3
COUNTERS = 10
CLIENTS = ("transcriber", "recommender")
SCALED_WITHIN_S = 60.0
FULL_WITHIN_S = 30.0  # both accounts


def config(replicas: int) -> dict[str, Any]:
    document = shop_config()
    application = document["applications"][0]
    application["args"] |= {
        "transcription": {"elevenlabs": {"call": {"max_concurrent": SPEECH_PLAN, "attempts": 1}}},
        "model": {"call": {"max_concurrent": MODEL_PLAN, "attempts": 1}},
    }
    for deployment in application["deployments"]:
        if deployment["name"] in CLIENTS:
            deployment["num_replicas"] = replicas
    return document


@pytest.fixture(scope="module")
def providers() -> Iterator[dict[str, str]]:
    with emulated_providers(speech_ms=700, chat_ms=900) as environment:
        yield environment


@pytest.fixture(scope="module")
def graph(start_graph: StartGraph, providers: dict[str, str]) -> Graph:
    return start_graph(config(1), providers)


def most_at_a_time(providers: dict[str, str]) -> dict[str, int]:
    answer = httpx.get(f"{providers['ELEVENLABS_BASE_URL']}/sandbox/state", trust_env=False)
    most: dict[str, int] = answer.json()["most_at_a_time"]
    return most


async def scaled(graph: Graph, replicas: int) -> None:
    graph.deploy(config(replicas))
    async with asyncio.timeout(SCALED_WITHIN_S):
        while True:
            there = graph.order("replicas")
            running = [[state for *_, state, _ in there[name] if state.endswith("RUNNING")] for name in CLIENTS]
            if all(len(states) == replicas == len(there[name]) for states, name in zip(running, CLIENTS, strict=True)):
                return
            await asyncio.sleep(0.5)


async def speaking(graph: Graph, key: str, until: asyncio.Event) -> None:
    """A customer after another, in chorus with the other counters."""
    while not until.is_set():
        await talk(graph, key, speech("dor_de_cabeca", 5.2, 12.0, then_quiet_s=1.5), Talk())


async def test_no_plan_is_exceeded_while_replicas_come_and_go(graph: Graph, providers: dict[str, str]) -> None:
    keys = [await asyncio.to_thread(register, graph) for _ in range(COUNTERS)]
    done = asyncio.Event()
    async with asyncio.TaskGroup() as tasks:
        for key in keys:
            tasks.create_task(speaking(graph, key, done))
        async with asyncio.timeout(FULL_WITHIN_S):
            while most_at_a_time(providers) != {"elevenlabs": SPEECH_PLAN, "xai_chat": MODEL_PLAN}:
                await asyncio.sleep(0.5)
        for replicas in (3, 2, 1):
            await scaled(graph, replicas)
            await asyncio.sleep(12)
        done.set()
    await asyncio.sleep(2)
    await asyncio.to_thread(graph.stop)

    assert most_at_a_time(providers) == {"elevenlabs": SPEECH_PLAN, "xai_chat": MODEL_PLAN}
    with duckdb.connect(str(graph.folder / "dados" / "registro.duckdb"), read_only=True) as record:
        outcomes = dict(record.execute("SELECT situacao, count(*) FROM fatos.chamadas GROUP BY 1").fetchall())
    assert outcomes["ok"] > COUNTERS * 5
    assert outcomes.keys() == {"ok"}
