"""A real cluster in a process of its own, the providers' stages doubled, and counters that speak to it."""

import asyncio
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass, field
from typing import Any

import pytest

from benchmarks.scale.graph import Graph, doubled_config
from client.connection import Connection
from client.errors import ConnectionLost
from client.messages import Recommendation, ServerMessage
from client.registration import Registration
from client.wav import CHUNK_MS, WavAudio, paced
from sandbox.recordings import Dialogue, load_dialogues

CARD_WITHIN_S = 30.0

StartGraph = Callable[..., Graph]


@pytest.fixture(scope="module")
def start_graph(tmp_path_factory: pytest.TempPathFactory) -> Iterator[StartGraph]:
    with ExitStack() as started:

        def start(config: dict[str, Any] | None = None, environment: dict[str, str] | None = None) -> Graph:
            folder = tmp_path_factory.mktemp("graph")
            return started.enter_context(Graph(config or doubled_config(), folder, environment))

        yield start


def register(graph: Graph) -> str:
    """A new counter's key."""
    with Registration(graph.url) as registration:
        codigo = registration.client(email="a@exemplo.invalid", razao_social="Loja", telefone="11 0000-0000")
        return registration.counter(nome_balcao="Balcão", user_codigo=codigo)[1]


@dataclass
class Talk:
    """What became of one connection."""

    messages: list[ServerMessage] = field(default_factory=list)
    code: int | None = None
    reason: str = ""
    connected: asyncio.Event = field(default_factory=asyncio.Event)

    @property
    def cards(self) -> int:
        return sum(isinstance(message, Recommendation) for message in self.messages)


def dialogue(name: str) -> Dialogue:
    return next(found for found in load_dialogues() if found.name == name)


def speech(
    name: str, from_s: float = 0.0, to_s: float | None = None, then_quiet_s: float = 0.0
) -> AsyncIterator[bytes]:
    """Part of a dialogue and then silence, at the speed of a microphone."""
    pcm = WavAudio.read(dialogue(name).wav).pcm
    part = pcm[int(from_s * 16_000) * 2 : None if to_s is None else int(to_s * 16_000) * 2]
    return paced(WavAudio(part).chunks(tail_s=then_quiet_s, chunk_ms=CHUNK_MS))


async def talk(graph: Graph, key: str, audio: AsyncIterator[bytes], talked: Talk) -> None:
    """Stream until the audio or the connection ends."""
    url = graph.url.replace("http", "ws", 1) + "/ws"
    try:
        async with Connection(url, key) as connection:
            talked.connected.set()
            sending = asyncio.create_task(_send(connection, audio))
            try:
                async with asyncio.timeout(None) as listening:
                    until = listening.reschedule
                    sending.add_done_callback(lambda sent: sent.cancelled() or until(time_now() + 1.5))
                    async for message in connection:
                        talked.messages.append(message)
            except TimeoutError:
                pass  # the audio had ended
            finally:
                sending.cancel()
                await asyncio.wait([sending])
    except ConnectionLost as lost:
        talked.code, talked.reason = lost.code, lost.reason


async def connected(talking: asyncio.Task[None], talked: Talk) -> None:
    """Until the counter is connected; a counter that came to its end before fails the test."""
    waiting = asyncio.create_task(talked.connected.wait())
    await asyncio.wait((waiting, talking), return_when=asyncio.FIRST_COMPLETED)
    assert waiting.done(), (talked.code, talked.reason)


async def answered(talked: Talk) -> None:
    """Until the counter's first card."""
    async with asyncio.timeout(CARD_WITHIN_S):
        while not talked.cards:
            await asyncio.sleep(0.1)


def time_now() -> float:
    return asyncio.get_running_loop().time()


async def _send(connection: Connection, audio: AsyncIterator[bytes]) -> None:
    try:
        async for chunk in audio:
            await connection.send(chunk)
    except ConnectionLost:
        await asyncio.Event().wait()  # the reader says why
