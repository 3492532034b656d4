"""One counter too many, or one too fast, is told so; the one who is speaking does not notice. A graph's own limit: it
leaves nothing behind, whatever of it is killed.
"""

import asyncio
import os
import signal
from collections.abc import AsyncIterator

import pytest

from benchmarks.scale.graph import Graph, doubled_config
from tests.serve.conftest import StartGraph, Talk, connected, register, speech, talk
from tests.serve.service import await_no_process, pids_of

pytestmark = pytest.mark.timeout(240)

PLACES = 2
FLOOD_CHUNKS, FLOOD_CHUNK_BYTES = 400, 64_000  # 2 s each: 13 minutes of audio, 25 MB, as fast as it goes


@pytest.fixture(scope="module")
def graph(start_graph: StartGraph) -> Graph:
    config = doubled_config()
    config["applications"][0]["args"]["ingress"]["max_counters"] = PLACES
    return start_graph(config)


async def flood() -> AsyncIterator[bytes]:
    for _ in range(FLOOD_CHUNKS):
        yield bytes(FLOOD_CHUNK_BYTES)


async def test_a_flood_and_a_counter_too_many_are_closed_with_a_reason(graph: Graph) -> None:
    key = await asyncio.to_thread(register, graph)
    speaker, flooding, too_many = Talk(), Talk(), Talk()
    async with asyncio.TaskGroup() as tasks:
        audio = speech("dor_de_cabeca", 5.2, 8.4, then_quiet_s=6)
        await connected(tasks.create_task(talk(graph, key, audio, speaker)), speaker)
        tasks.create_task(talk(graph, key, flood(), flooding))
        await asyncio.sleep(2)
        holding = tasks.create_task(talk(graph, key, speech("dor_de_cabeca"), Talk()))
        await asyncio.sleep(1)
        await talk(graph, key, speech("dor_de_cabeca"), too_many)
        holding.cancel()
    assert (flooding.code, "mais rápido" in flooding.reason) == (1008, True), (flooding.code, flooding.reason)
    assert (too_many.code, "sem capacidade" in too_many.reason) == (4002, True), (too_many.code, too_many.reason)
    assert speaker.cards == 1
    assert speaker.code is None


def test_killed_at_once_with_what_would_clean_up_after_it_it_leaves_no_process(graph: Graph) -> None:
    """Last: it ends the graph. HAProxy, whose manager ends here, looks to nobody."""
    for name in ("raylet/raylet", "ray::HAProxyManager"):
        (pid,) = pids_of(name, graph.pid)
        os.kill(pid, signal.SIGKILL)
    os.kill(graph.pid, signal.SIGKILL)
    assert await_no_process(graph.folder) == []
