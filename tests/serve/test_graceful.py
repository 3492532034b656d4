"""Nobody is cut off: whoever is speaking when the graph changes is answered first and told why it closes."""

import asyncio
import copy
from typing import Any

import httpx
import pytest

from benchmarks.scale.graph import Graph, doubled_config
from tests.serve.conftest import StartGraph, Talk, answered, connected, register, speech, talk

pytestmark = pytest.mark.timeout(240)

SPEAKER = {"name": "dor_de_cabeca", "from_s": 5.2, "to_s": 7.6}  # it breaks off in the middle of a word

IN_A_ROW = 5


@pytest.fixture(scope="module")
def graph(start_graph: StartGraph) -> Graph:
    return start_graph()


async def speaking(graph: Graph, *, seconds: float = 1.5) -> tuple[asyncio.Task[None], Talk]:
    """A counter in the middle of an utterance."""
    talked = Talk()
    key = await asyncio.to_thread(register, graph)
    task = asyncio.create_task(talk(graph, key, speech(**SPEAKER, then_quiet_s=30), talked))  # type: ignore[arg-type]
    await connected(task, talked)
    await asyncio.sleep(seconds)
    assert not talked.cards
    return task, talked


async def recovered(graph: Graph) -> None:
    """Every ingress replica that is asked is ready: one that leaves may be asked in turn with the one that came."""
    ready = 0
    async with asyncio.timeout(60), httpx.AsyncClient() as client:
        while ready < IN_A_ROW:
            try:
                ready = ready + 1 if (await client.get(f"{graph.url}/pronto")).status_code == 200 else 0
            except httpx.TransportError:
                ready = 0
            await asyncio.sleep(0.2)


def told_to_come_back(talked: Talk) -> bool:
    return talked.code == 1012 and "reiniciar" in talked.reason


async def test_an_unrelated_application_leaves_sockets_alone(graph: Graph) -> None:
    task, talked = await speaking(graph)
    config: dict[str, Any] = doubled_config()
    other = {"name": "outra", "route_prefix": "/outra", "import_path": "tests.serve.another_app:app"}
    graph.deploy({**config, "applications": [*config["applications"], other]})
    async with asyncio.timeout(30), httpx.AsyncClient() as client:
        while (await client.get(f"{graph.url}/outra")).status_code != 200:
            await asyncio.sleep(0.2)
    await answered(talked)
    await asyncio.sleep(2)
    assert not task.done()
    assert talked.code is None
    assert talked.cards == 1
    task.cancel()
    graph.deploy(config)
    await recovered(graph)


async def test_a_redeployed_ingress_answers_the_open_utterance_first(graph: Graph) -> None:
    task, talked = await speaking(graph)
    config = copy.deepcopy(doubled_config(ingress={"ray_actor_options": {"num_cpus": 0.4}}))
    graph.deploy(config)
    async with asyncio.timeout(30):
        await task
    assert talked.cards == 1
    assert told_to_come_back(talked), (talked.code, talked.reason)
    await recovered(graph)


async def test_changed_settings_restart_every_stage_and_the_open_utterance_is_answered(graph: Graph) -> None:
    task, talked = await speaking(graph)
    config = copy.deepcopy(doubled_config())
    config["applications"][0]["args"]["ingress"]["max_counters"] = 1400
    graph.deploy(config)
    async with asyncio.timeout(30):
        await task
    assert told_to_come_back(talked), (talked.code, talked.reason)
    assert talked.cards == 1
    await recovered(graph)


async def test_sigterm_answers_the_open_utterance_first(graph: Graph) -> None:
    task, talked = await speaking(graph)
    graph.terminate()
    async with asyncio.timeout(30):
        await task
    assert talked.cards == 1
    assert told_to_come_back(talked), (talked.code, talked.reason)
