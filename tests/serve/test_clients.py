"""The providers' clients follow their calls, and one that is killed loses no utterance: another is asked again."""

import asyncio
import os
import signal
from collections.abc import AsyncIterator

import duckdb
import pytest

from benchmarks.scale.graph import Graph, doubled_config
from benchmarks.scale.programme import programme
from client.wav import WavAudio, paced
from tests.serve.conftest import StartGraph, Talk, register, talk

pytestmark = pytest.mark.timeout(240)

COUNTERS = 8
TRANSCRIBER_S = 3.0  # a good part of the time between two utterances: some counters always wait for a text
THREE_WITHIN_S = 60.0


@pytest.fixture(scope="module")
def graph(start_graph: StartGraph) -> Graph:
    scaling = {
        "min_replicas": 1,
        "max_replicas": 3,
        "target_ongoing_requests": 1,
        "look_back_period_s": 4,
        "upscale_delay_s": 1,
        "downscale_delay_s": 60,
    }
    config = doubled_config(transcriber={"num_replicas": "auto", "autoscaling_config": scaling})
    config["applications"][0]["args"]["delays"] = {"transcriber_s": TRANSCRIBER_S}
    return start_graph(config)


async def transcribers(graph: Graph) -> set[int]:
    """Processes of the running ones."""
    found = (await asyncio.to_thread(graph.order, "replicas"))["transcriber"]
    return {pid for _, pid, state, _ in found if state.endswith("RUNNING") and pid}


def dialogues() -> AsyncIterator[bytes]:
    return paced(WavAudio(programme()).chunks())


async def test_transcribers_follow_their_calls_and_one_killed_takes_no_counter_along(graph: Graph) -> None:
    key = await asyncio.to_thread(register, graph)
    talks = [Talk() for _ in range(COUNTERS)]
    async with asyncio.TaskGroup() as tasks:
        talking = [tasks.create_task(talk(graph, key, dialogues(), one)) for one in talks]
        async with asyncio.timeout(THREE_WITHIN_S):
            while len(running := await transcribers(graph)) < 3:
                await asyncio.sleep(0.5)
        await asyncio.sleep(5)  # the new ones are known, and asked
        killed = running.pop()
        os.kill(killed, signal.SIGKILL)
        async with asyncio.timeout(THREE_WITHIN_S):
            while len(await transcribers(graph) - {killed}) < 3:
                await asyncio.sleep(0.5)
        assert [one.code for one in talks] == [None] * COUNTERS
        for task in talking:
            task.cancel()
    await asyncio.sleep(TRANSCRIBER_S + 1)
    await asyncio.to_thread(graph.stop)
    assert all(one.cards for one in talks)
    with duckdb.connect(str(graph.folder / "dados" / "registro.duckdb"), read_only=True) as record:
        assert record.execute("SELECT tipo FROM fatos.erros").fetchall() == []
        untold = record.execute(
            "SELECT segmento_id, s.sessao_id, s.em FROM fatos.segmentos s"
            " LEFT JOIN fatos.transcricoes t USING (segmento_id) WHERE segmento_id IS NOT NULL AND t.em IS NULL"
        )
        assert untold.fetchall() == []
