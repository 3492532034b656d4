"""The counter client against a real WebSocket server on loopback."""

import asyncio
import json
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager

import pytest
from websockets.asyncio.server import ServerConnection, serve

from client.backoff import Backoff
from client.connection import Connection
from client.counter import Connected, Counter, CounterEvent, Disconnected
from client.errors import ClientError, ConnectionLost, KeyRefused
from client.messages import Recommendation

Handler = Callable[[ServerConnection], Awaitable[None]]
AT_ONCE = Backoff(uniform=lambda low, high: 0.0, least_s=0.01)
CARD = {"comando": "recomendar", "produto": "P", "explicacao": "E", "transcricao_base": "T", "id_interacao": "i1"}


@asynccontextmanager
async def server(handler: Handler) -> AsyncIterator[str]:
    async with serve(handler, "127.0.0.1", 0) as running:
        port = next(iter(running.sockets)).getsockname()[1]
        yield f"ws://127.0.0.1:{port}/ws"


async def next_event(counter: Counter) -> CounterEvent:
    async for event in counter:
        return event
    raise AssertionError("the counter ended")


async def test_the_key_goes_first_then_audio_then_feedback_and_cards_come_back() -> None:
    received: list[str | bytes] = []

    async def handler(socket: ServerConnection) -> None:
        async for message in socket:
            received.append(message)
            if isinstance(message, bytes):
                await socket.send(json.dumps(CARD))

    async with server(handler) as url, Counter(url, "key-1") as counter:
        assert await next_event(counter) == Connected()
        counter.send(b"\x01\x02\x03")
        card = await next_event(counter)
        assert card == Recommendation("i1", "P", "E", "T")
        counter.feedback("i1", "venda_realizada")
        await counter.flush()
        async with asyncio.timeout(5):
            while len(received) < 3:
                await asyncio.sleep(0.01)
    assert json.loads(received[0]) == {"comando": "auth", "api_key": "key-1"}
    assert received[1] == b"\x01\x02\x03"
    assert json.loads(received[2]) == {"comando": "feedback", "id_interacao": "i1", "resultado": "venda_realizada"}


async def test_a_refused_key_ends_the_counter_and_is_not_tried_again() -> None:
    tries = 0

    async def handler(socket: ServerConnection) -> None:
        nonlocal tries
        tries += 1
        await socket.recv()
        await socket.close(4001, "chave inválida")

    async with server(handler) as url, Counter(url, "bad", backoff=AT_ONCE) as counter:
        with pytest.raises(KeyRefused, match="chave inválida"):
            _ = [event async for event in counter]
    assert tries == 1


async def test_a_refused_key_also_ends_the_stream() -> None:
    async def handler(socket: ServerConnection) -> None:
        await socket.recv()
        await socket.close(4001)

    async def endless() -> AsyncIterator[bytes]:
        while True:
            await asyncio.sleep(0.01)
            yield bytes(320)

    async with server(handler) as url, Counter(url, "bad") as counter:
        with pytest.raises(KeyRefused):
            await counter.stream(endless())


@pytest.mark.parametrize("code", [1012, 4002, 1011])
async def test_a_restart_is_survived_and_audio_of_the_meantime_is_sent(code: int) -> None:
    sessions: list[list[str | bytes]] = []

    async def handler(socket: ServerConnection) -> None:
        sessions.append([])
        sessions[-1].append(await socket.recv())
        if len(sessions) == 1:
            await socket.close(code, "volto já")
            return
        async for message in socket:
            sessions[-1].append(message)
            await socket.send(json.dumps(CARD))

    async with server(handler) as url, Counter(url, "key", backoff=AT_ONCE) as counter:
        assert await next_event(counter) == Connected()
        lost = await next_event(counter)
        assert isinstance(lost, Disconnected)
        assert (lost.code, lost.reason) == (code, "volto já")
        counter.send(b"ab")
        assert await next_event(counter) == Connected()
        assert isinstance(await next_event(counter), Recommendation)
    assert sessions[1][1:] == [b"ab"]
    assert sessions[0] == sessions[1][:1], "each connection begins with the key"


async def test_while_nobody_listens_only_the_last_audio_is_kept() -> None:
    async with Counter("ws://127.0.0.1:9/ws", "key", backlog_s=1.0) as counter:
        lost = await next_event(counter)
        assert isinstance(lost, Disconnected)
        assert lost.code is None
        for _ in range(25):
            counter.send(bytes(3_200))
        assert counter.dropped_s == pytest.approx(1.5)


async def test_one_connection_tells_why_it_ended() -> None:
    async def handler(socket: ServerConnection) -> None:
        await socket.recv()
        await socket.close(4002, "sem capacidade")

    async with server(handler) as url, Connection(url, "key") as connection:
        with pytest.raises(ConnectionLost, match="sem capacidade") as lost:
            async for _ in connection:
                pass
        assert lost.value.code == 4002
        with pytest.raises(ConnectionLost):
            await connection.send(b"late")


async def test_an_address_that_is_none_is_told_how_to_write() -> None:
    with pytest.raises(ClientError, match="write it as ws://"):
        async with Connection("http://somewhere", "key"):
            pass
