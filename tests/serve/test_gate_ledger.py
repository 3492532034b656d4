"""Gate replicas come, go and are killed while counters speak: every sample is decided once, every utterance is whole.

What the record holds of each session is compared with what one undisturbed gate says of the same audio.
"""

import asyncio
import os
import signal
from dataclasses import dataclass, field

import duckdb
import pytest

from benchmarks.scale.graph import Graph, doubled_config
from benchmarks.scale.programme import programme
from client.connection import Connection
from client.registration import Registration
from client.wav import WavAudio, paced
from configs.gate import GateSettings
from pipeline.gate.host import make_host
from pipeline.stages import StreamOpening, StreamTick
from tests.serve.conftest import StartGraph

pytestmark = pytest.mark.timeout(280)

COUNTERS = 10
STAYING = 3  # as many as one replica holds, by the configuration below
APART_S = 12  # of the programme, between one counter and the next
FOUR_WITHIN_S = 60.0
ONE_WITHIN_S = 60.0
TOLERANCE_SAMPLES = 480  # 30 ms: what pipeline.stages.GateReply promises of a replay
CHUNK_BYTES = 3200

Spans = list[tuple[int, int]]


@dataclass
class Speaker:
    """One counter that speaks until told to leave."""

    balcao_id: str
    key: str
    audio: bytes
    leave: asyncio.Event = field(default_factory=asyncio.Event)
    sent: bytes = b""

    async def speak(self, url: str) -> None:
        async with Connection(url, self.key) as connection:
            async for chunk in paced(WavAudio(self.audio).chunks()):
                await connection.send(chunk)
                self.sent += chunk
                if self.leave.is_set():
                    break


@pytest.fixture(scope="module")
def graph(start_graph: StartGraph) -> Graph:
    policy = {"policy_function": "deployments.scaling:ByStreams", "policy_kwargs": {"streams_per_replica": STAYING}}
    scaling = {"min_replicas": 1, "max_replicas": 4, "upscale_delay_s": 1, "downscale_delay_s": 3, "policy": policy}
    return start_graph(doubled_config(gate={"autoscaling_config": scaling | {"look_back_period_s": 4}}))


def speakers(graph: Graph) -> list[Speaker]:
    pcm, found = programme(), []
    with Registration(graph.url) as registration:
        codigo = registration.client(email="a@exemplo.invalid", razao_social="Loja", telefone="11 0000-0000")
        for number in range(COUNTERS):
            at = number * APART_S * 32_000 % len(pcm)
            audio = (pcm[at:] + pcm[:at]) * 2
            found.append(Speaker(*registration.counter(nome_balcao=f"B{number}", user_codigo=codigo), audio))
    return found


def gates(graph: Graph) -> dict[str, int]:
    """Running gate replicas and their processes."""
    found = graph.order("replicas")["gate"]
    return {replica: pid for replica, pid, state, _ in found if state.endswith("RUNNING") and pid}


async def until_gates(graph: Graph, count: int, within_s: float) -> None:
    async with asyncio.timeout(within_s):
        while len(gates(graph)) != count:
            await asyncio.sleep(0.5)


def kill_one(graph: Graph) -> None:
    """The gate replica with the most streams."""
    streams = graph.order("measure")[0]["gate_streams"]
    running = gates(graph)
    os.kill(running[max(running, key=lambda replica: streams.get(replica, 0))], signal.SIGKILL)


async def test_every_sample_is_decided_once_through_scaling_and_a_kill(graph: Graph) -> None:
    talking = await asyncio.to_thread(speakers, graph)
    url = graph.url.replace("http", "ws", 1) + "/ws"
    async with asyncio.TaskGroup() as tasks:
        for speaker in talking:
            tasks.create_task(speaker.speak(url))
        await until_gates(graph, 4, FOUR_WITHIN_S)
        await asyncio.sleep(4)  # streams have moved over, each in a silence
        kill_one(graph)
        await asyncio.sleep(10)
        for speaker in talking[STAYING:]:
            speaker.leave.set()
        await until_gates(graph, 1, ONE_WITHIN_S)
        await asyncio.sleep(3)
        for speaker in talking:
            speaker.leave.set()
    await asyncio.sleep(2)
    await asyncio.to_thread(graph.stop)

    with duckdb.connect(str(graph.folder / "dados" / "registro.duckdb"), read_only=True) as record:
        for speaker in talking:
            assert decided_s(record, speaker) == pytest.approx(len(speaker.sent) / 32_000, abs=1e-6)
            same_utterances(recorded_spans(record, speaker), undisturbed(speaker.sent))


def decided_s(record: duckdb.DuckDBPyConnection, speaker: Speaker) -> float:
    """Seconds that the session's account holds, forwarded or discarded, each once."""
    found = record.execute(
        "SELECT sum(audio_encaminhado_s + audio_descartado_s) FROM fatos.segmentos WHERE balcao_id = ?",
        [speaker.balcao_id],
    ).fetchone()
    assert found is not None
    return float(found[0])


def recorded_spans(record: duckdb.DuckDBPyConnection, speaker: Speaker) -> Spans:
    return record.execute(
        "SELECT amostra_inicial, amostra_final FROM fatos.segmentos"
        " WHERE balcao_id = ? AND segmento_id IS NOT NULL ORDER BY 1",
        [speaker.balcao_id],
    ).fetchall()


def undisturbed(pcm: bytes) -> Spans:
    """One gate, fed the same chunks, that nothing happens to."""
    host, spans = make_host(GateSettings()), []
    for at in range(0, len(pcm), CHUNK_BYTES):
        opening = None if at else StreamOpening()
        (reply,) = host.step(
            [StreamTick("s", at // 2, pcm[at : at + CHUNK_BYTES], opening, final=at + CHUNK_BYTES >= len(pcm))]
        )
        spans += [(span.start_sample, span.end_sample) for span in reply.spans]
    return spans


def same_utterances(found: Spans, expected: Spans) -> None:
    assert len(found) == len(expected), (found, expected)
    for one, other in zip(found, expected, strict=True):
        assert abs(one[0] - other[0]) <= TOLERANCE_SAMPLES, (found, expected)
        assert abs(one[1] - other[1]) <= TOLERANCE_SAMPLES, (found, expected)
