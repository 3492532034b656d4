"""uvicorn's own protocol on a fake transport: audio is handed over whole and in order, however the wire cut it."""

import asyncio
from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from ray import cloudpickle
from uvicorn.config import Config
from uvicorn.server import ServerState
from websockets.client import ClientProtocol
from websockets.extensions.permessage_deflate import ClientPerMessageDeflateFactory
from websockets.uri import parse_uri

from deployments.audio_socket import EXTENSION, AudioWebSocket

LIMIT = 200_000
PING = b"\x89\x04"  # uvicorn's, of four bytes
AUDIO = [bytes([n]) * size for n, size in enumerate((1, 3200, 125, 126, 65_535, 65_536, 640))]


class Transport(asyncio.Transport):
    def __init__(self) -> None:
        super().__init__()
        self.written = b""
        self.paused = False
        self.closed = False

    def write(self, data: Any) -> None:
        self.written += data

    def pause_reading(self) -> None:
        self.paused = True

    def resume_reading(self) -> None:
        self.paused = False

    def close(self) -> None:
        self.closed = True

    def is_closing(self) -> bool:
        return self.closed


class Wire:
    """A connected client and the protocol under test, on one side of a handshake each."""

    def __init__(self, *, compress: bool = False) -> None:
        self.heard: list[bytes] = []
        self.texts: list[str] = []
        self.closed_with: int | None = None
        self.transport = Transport()
        self.client = ClientProtocol(
            parse_uri("ws://counter.invalid/ws"),
            extensions=[ClientPerMessageDeflateFactory()] if compress else None,
        )
        self.taking = asyncio.Event()
        config = Config(self.app, interface="asgi3", lifespan="off", log_config=None, ws_max_size=LIMIT)
        config.load()
        self.server = AudioWebSocket(config, ServerState(), {})
        self.server.connection_made(self.transport)

    async def app(self, scope: Any, receive: Any, send: Any) -> None:
        await receive()
        await send({"type": "websocket.accept"})
        await self.taking.wait()
        scope["extensions"][EXTENSION](self.heard.append)
        while (event := await receive())["type"] != "websocket.disconnect":
            self.texts.append(event["text"])
        self.closed_with = event["code"]

    async def connect(self) -> None:
        self.client.send_request(self.client.connect())
        self.server.data_received(self.sent())
        await settle()
        self.client.receive_data(self.transport.written)
        assert self.client.handshake_exc is None

    async def take(self) -> None:
        self.taking.set()
        await settle()

    def sent(self) -> bytes:
        return b"".join(self.client.data_to_send())

    def receive(self, data: bytes, pieces: Iterator[int] | None = None) -> None:
        at = 0
        for size in pieces or ():
            self.server.data_received(data[at : at + size])
            at += size
        self.server.data_received(data[at:])


async def settle() -> None:
    for _ in range(5):
        await asyncio.sleep(0)


async def connected(*, compress: bool = False) -> Wire:
    wire = Wire(compress=compress)
    await wire.connect()
    return wire


@given(st.lists(st.integers(1, 5000), max_size=40))
def test_audio_is_whole_and_in_order_however_the_wire_cuts_it(pieces: list[int]) -> None:
    async def scenario() -> None:
        wire = await connected()
        await wire.take()
        for pcm in AUDIO:
            wire.client.send_binary(pcm)
        wire.receive(wire.sent(), iter(pieces))
        assert wire.heard == AUDIO
        assert not wire.transport.paused

    asyncio.run(scenario())


async def test_audio_that_came_before_its_taker_is_not_lost() -> None:
    wire = await connected()
    for pcm in AUDIO[:3]:
        wire.client.send_binary(pcm)
    wire.receive(wire.sent())
    assert wire.transport.paused
    await wire.take()
    assert wire.heard == AUDIO[:3]
    assert not wire.transport.paused


@given(st.integers(1, 2 * 3208 - 1))
def test_a_taker_that_comes_in_the_midst_of_a_frame_gets_all_of_it(until: int) -> None:
    """A counter that connects again sends what gathered meanwhile at once, before its key is checked."""

    async def scenario() -> None:
        wire = await connected()
        pcm = [bytes([n]) * 3200 for n in (1, 2, 3)]
        for part in pcm:
            wire.client.send_binary(part)
        sent = wire.sent()
        wire.receive(sent[:until])
        await wire.take()
        wire.receive(sent[until:])
        assert wire.heard == pcm
        assert not wire.transport.paused

    asyncio.run(scenario())


async def test_a_goodbye_before_there_is_a_taker_reaches_the_application() -> None:
    wire = await connected()
    wire.client.send_binary(b"last")
    wire.client.send_close(1000)
    wire.receive(wire.sent() + b"what follows is no frame")
    await wire.take()
    assert wire.heard == [b"last"]
    assert wire.closed_with == 1000


async def test_what_is_not_a_whole_binary_message_stays_with_uvicorn() -> None:
    wire = await connected()
    await wire.take()
    wire.client.send_binary(b"ab")
    wire.client.send_text(b"one")
    wire.client.send_ping(b"?")
    wire.client.send_binary(b"c", fin=False)
    wire.client.send_ping(b"within")
    wire.client.send_continuation(b"d", fin=True)
    wire.client.send_binary(b"ef")
    written = len(wire.transport.written)
    wire.receive(wire.sent())
    await settle()
    assert wire.heard == [b"ab", b"cd", b"ef"]
    assert wire.texts == ["one"]
    assert wire.transport.written[written:] == b"\x8a\x01?\x8a\x06within"  # two pongs


async def asked_whether_it_is_there(wire: Wire, seconds: int, pcm: bytes | None) -> int:
    """How often, while it sends `pcm` every second; it answers."""
    asked = 0
    for _ in range(seconds):
        await asyncio.sleep(1)
        asked += wire.transport.written.count(PING)
        wire.client.receive_data(wire.transport.written)
        wire.transport.written = b""
        if pcm is not None:
            wire.client.send_binary(pcm)
        wire.receive(wire.sent())
    return asked


@pytest.mark.virtual_time
async def test_a_counter_that_talks_is_asked_half_as_often_whether_it_is_there() -> None:
    wire = await connected()
    await wire.take()
    wire.transport.written = b""
    assert await asked_whether_it_is_there(wire, 210, b"ab") == 5
    assert await asked_whether_it_is_there(wire, 100, None) in (4, 5)
    assert wire.closed_with is None


@pytest.mark.virtual_time
async def test_one_that_falls_silent_and_answers_nothing_is_given_up() -> None:
    wire = await connected()
    await wire.take()
    wire.client.send_binary(b"ab")
    wire.receive(wire.sent())
    await asyncio.sleep(65)  # twice uvicorn's interval, and its patience
    assert wire.transport.closed


async def test_compressed_audio_is_heard_too() -> None:
    wire = await connected(compress=True)
    await wire.take()
    wire.client.send_binary(bytes(3200))
    wire.receive(wire.sent())
    await settle()
    assert wire.heard == [bytes(3200)]


async def test_a_message_that_will_be_too_large_is_refused_before_it_is_complete() -> None:
    wire = await connected()
    await wire.take()
    wire.client.send_binary(bytes(LIMIT + 1))
    wire.receive(wire.sent()[:1000])
    await settle()
    assert wire.closed_with == 1009
    assert wire.transport.closed


async def test_the_counters_own_goodbye_reaches_the_application() -> None:
    wire = await connected()
    await wire.take()
    wire.client.send_binary(b"last")
    wire.client.send_close(1000)
    wire.receive(wire.sent())
    await settle()
    assert wire.heard == [b"last"]
    assert wire.closed_with == 1000


async def test_a_frame_within_a_fragmented_message_is_a_protocol_error() -> None:
    wire = await connected()
    await wire.take()
    wire.receive(b"\x02\x81\0\0\0\0a" + b"\x82\x81\0\0\0\0b")
    await settle()
    assert wire.closed_with == 1002
    assert wire.heard == []


async def test_a_scope_that_is_copied_to_another_process_arrives_without_the_handover() -> None:
    wire = await connected()
    copied = cloudpickle.loads(cloudpickle.dumps(wire.server.scope["extensions"]))
    assert copied[EXTENSION] is None


@pytest.mark.parametrize("frame", [b"\x82\x01a", b"\xf2\x81\0\0\0\0a"], ids=["not masked", "reserved bits"])
async def test_a_frame_that_breaks_the_protocol_is_refused(frame: bytes) -> None:
    wire = await connected()
    await wire.take()
    wire.receive(frame)
    await settle()
    assert wire.closed_with == 1002
    assert wire.heard == []
