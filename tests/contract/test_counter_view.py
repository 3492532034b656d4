"""`balto counter` on the terminal, against a real WebSocket server on loopback."""

import asyncio
import io
import json
import math
from array import array
from collections.abc import AsyncIterator

import pytest
from rich.console import Console
from websockets.asyncio.server import ServerConnection, serve

from cli import counter_view
from cli.counter_view import CounterView, level_dbfs
from cli.output import THEME
from client.errors import AudioSourceError, KeyRefused

CARD = {
    "comando": "recomendar",
    "produto": "Pastilha [mel]",
    "explicacao": "E",
    "transcricao_base": "T",
    "id_interacao": "i1",
}


@pytest.fixture
def terminal(monkeypatch: pytest.MonkeyPatch) -> io.StringIO:
    screen = io.StringIO()
    monkeypatch.setattr(counter_view, "out", Console(file=screen, theme=THEME, width=100, force_terminal=False))
    return screen


async def audio(chunks: int) -> AsyncIterator[bytes]:
    for _ in range(chunks):
        await asyncio.sleep(0.01)
        yield bytes(3_200)


async def test_cards_are_shown_and_answered(terminal: io.StringIO) -> None:
    received: list[str | bytes] = []

    async def handler(socket: ServerConnection) -> None:
        async for message in socket:
            received.append(message)
            if len(received) == 2:
                await socket.send(json.dumps(CARD))

    async with serve(handler, "127.0.0.1", 0) as running:
        port = next(iter(running.sockets)).getsockname()[1]
        view = CounterView("a.wav", 3.0)
        await view.show(f"ws://127.0.0.1:{port}/ws", "key", audio(30), "venda_realizada")
    assert view.cards == 1
    assert "Pastilha [mel]" in terminal.getvalue()
    assert {"comando": "feedback", "id_interacao": "i1", "resultado": "venda_realizada"} in [
        json.loads(message) for message in received if isinstance(message, str)
    ]
    assert sum(len(message) for message in received if isinstance(message, bytes)) == 30 * 3_200


async def test_a_refused_key_ends_the_view(terminal: io.StringIO) -> None:
    async def handler(socket: ServerConnection) -> None:
        await socket.recv()
        await socket.close(4001, "chave inválida")

    async with serve(handler, "127.0.0.1", 0) as running:
        port = next(iter(running.sockets)).getsockname()[1]
        with pytest.raises(KeyRefused, match="chave inválida"):
            await CounterView("a.wav", 3.0).show(f"ws://127.0.0.1:{port}/ws", "bad", audio(1_000), None)


async def test_a_microphone_that_fails_ends_the_view(terminal: io.StringIO) -> None:
    async def broken() -> AsyncIterator[bytes]:
        yield bytes(3_200)
        raise AudioSourceError("arecord stopped: unplugged")

    async def handler(socket: ServerConnection) -> None:
        await socket.wait_closed()

    async with serve(handler, "127.0.0.1", 0) as running:
        port = next(iter(running.sockets)).getsockname()[1]
        with pytest.raises(AudioSourceError, match="unplugged"):
            await CounterView("microphone", None).show(f"ws://127.0.0.1:{port}/ws", "key", broken(), None)


@pytest.mark.parametrize(
    ("pcm", "dbfs"),
    [
        (b"", -60.0),
        (bytes(3_200), -60.0),
        (array("h", [3_277, -3_277] * 800).tobytes(), -20.0),
        (array("h", [32_767] * 1_600).tobytes() + b"\x01", 0.0),
    ],
)
def test_the_level(pcm: bytes, dbfs: float) -> None:
    assert math.isclose(level_dbfs(pcm), dbfs, abs_tol=0.01)
