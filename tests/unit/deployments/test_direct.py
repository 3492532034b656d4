"""Direct lines: calls between two processes of one machine, here between two ends in one process."""

import asyncio
import os
from collections.abc import AsyncIterator, Callable, Iterator
from itertools import pairwise
from pickle import PickleBuffer

import pytest
from hypothesis import given
from hypothesis import strategies as st

from deployments import direct_frames
from deployments.direct_calls import DirectLine, DirectLines, LineLost, MethodFailed
from deployments.direct_frames import BLOCK_BYTES, Frames, framed
from deployments.direct_serving import DirectServer

REPLICA = f"teste{os.getpid()}"


class Stage:
    def __init__(self) -> None:
        self.begun = asyncio.Event()
        self.release = asyncio.Event()
        self.cancelled = asyncio.Event()

    async def echo(self, value: object) -> object:
        return value

    async def total(self, chunks: list[memoryview]) -> bytes:
        self.heard = chunks
        return b"".join(chunks)

    async def fail(self) -> None:
        raise LookupError("what it says stays in its process")

    async def wait(self) -> str:
        self.begun.set()
        try:
            await self.release.wait()
        except asyncio.CancelledError:
            self.cancelled.set()
            raise
        return "released"


@pytest.fixture
def stage() -> Stage:
    return Stage()


@pytest.fixture
async def server(stage: Stage) -> AsyncIterator[DirectServer]:
    server = DirectServer({"echo": stage.echo, "total": stage.total, "fail": stage.fail, "wait": stage.wait})
    await server.open(REPLICA)
    yield server
    await server.close()


@pytest.fixture
async def line(server: DirectServer) -> AsyncIterator[DirectLine]:
    lines = DirectLines()
    line = await lines.to(REPLICA)
    assert line is not None
    yield line
    lines.close()


async def until(condition: Callable[[], bool]) -> None:
    while not condition():
        await asyncio.sleep(0)


async def test_many_calls_at_once_get_their_own_answers(line: DirectLine) -> None:
    values = [b"x" * size for size in (0, 1, 70_000, 3_000_000, 5)]
    assert await asyncio.gather(*(line.call("echo", value) for value in values)) == values
    assert line.calls == 0


async def test_audio_arrives_as_it_is_and_goes_with_what_carries_it(line: DirectLine, stage: Stage) -> None:
    chunks = [bytes([number]) * 3200 for number in range(200)]
    assert await line.call("total", list(map(PickleBuffer, chunks))) == b"".join(chunks)
    assert [type(chunk) for chunk in stage.heard] == [memoryview] * 200
    assert await line.call("total", []) == b""
    assert b"".join(stage.heard) == b""


async def test_a_method_that_raises_fails_its_call_alone(line: DirectLine) -> None:
    with pytest.raises(MethodFailed, match="LookupError"):
        await line.call("fail")
    with pytest.raises(MethodFailed, match="KeyError"):
        await line.call("unknown")
    assert await line.call("echo", 1) == 1


async def test_a_call_cancelled_here_runs_on_there_and_its_answer_is_dropped(
    line: DirectLine, stage: Stage, server: DirectServer
) -> None:
    call = asyncio.create_task(line.call("wait"), name="call")
    await stage.begun.wait()
    call.cancel()
    assert await line.call("echo", "still there") == "still there"
    assert (line.calls, server.calls, stage.cancelled.is_set()) == (0, 1, False)
    stage.release.set()
    await until(lambda: server.calls == 0)
    assert await line.call("echo", 1) == 1


async def test_a_caller_that_is_gone_cancels_its_calls(server: DirectServer, stage: Stage) -> None:
    lines = DirectLines()
    line = await lines.to(REPLICA)
    assert line is not None
    call = asyncio.create_task(line.call("wait"), name="call")
    await stage.begun.wait()
    line._transport.abort()
    await stage.cancelled.wait()
    with pytest.raises(LineLost):
        await call


async def test_a_replica_that_is_told_to_end_answers_what_is_under_way(
    line: DirectLine, stage: Stage, server: DirectServer
) -> None:
    call = asyncio.create_task(line.call("wait"), name="call")
    await stage.begun.wait()
    closing = asyncio.create_task(server.close(), name="closing")
    await asyncio.sleep(0)
    stage.release.set()
    await closing
    assert await call == "released"
    await until(lambda: line.lost)
    with pytest.raises(LineLost):
        await line.call("echo", 1)


async def test_a_replica_that_is_gone_is_told_apart_from_one_that_was_never_reached(server: DirectServer) -> None:
    lines = DirectLines()
    assert await lines.to("em-outra-maquina") is None
    line = await lines.to(REPLICA)
    assert line is not None
    assert await line.call("echo", 1) == 1
    await server.close()
    await until(lambda: line.lost)
    assert await lines.to(REPLICA) is None


async def test_a_replica_that_leaves_keeps_its_line_until_the_last_call_has_ended(
    server: DirectServer, stage: Stage
) -> None:
    lines = DirectLines()
    lines.update(frozenset({REPLICA}))
    line = await lines.to(REPLICA)
    assert line is not None
    call = asyncio.create_task(line.call("wait"), name="call")
    await stage.begun.wait()
    assert lines.calls(REPLICA) == 1
    lines.update(frozenset())
    assert lines.calls(REPLICA) == 0
    stage.release.set()
    assert await call == "released"
    await until(lambda: line.lost)


async def test_another_user_is_refused_at_both_ends(
    server: DirectServer, stage: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("deployments.direct_calls.same_user", lambda connected: False)
    assert await DirectLines().to(REPLICA) is None
    monkeypatch.setattr("deployments.direct_calls.same_user", direct_frames.same_user)
    monkeypatch.setattr("deployments.direct_serving.same_user", lambda connected: False)
    line = await DirectLines().to(REPLICA)
    assert line is not None
    with pytest.raises(LineLost):
        await line.call("wait")
    assert not stage.begun.is_set()


async def test_an_address_that_is_taken_leaves_serves_own_calls(server: DirectServer) -> None:
    second = DirectServer({})
    await second.open(REPLICA)
    await second.close()
    line = await DirectLines().to(REPLICA)
    assert line is not None
    assert await line.call("echo", 1) == 1


def fed(frames: Frames, data: bytes) -> Iterator[object]:
    while data:
        room = frames.room()
        count = min(len(room), len(data))
        room[:count], data = data[:count], data[count:]
        yield from frames.arrived(count)


AUDIO = st.one_of(st.binary(max_size=50), st.integers(0, 3 * BLOCK_BYTES).map(bytes))


@given(
    st.lists(st.tuples(st.text(max_size=5), st.lists(AUDIO, max_size=4)), max_size=6),
    st.lists(st.floats(0, 1), max_size=12),
)
def test_messages_and_their_audio_come_out_whole_however_the_bytes_were_cut(
    messages: list[tuple[str, list[bytes]]], cuts: list[float]
) -> None:
    stream = b"".join(piece for text, audio in messages for piece in framed((text, list(map(PickleBuffer, audio)))))
    bounds = [0, *sorted(int(cut * len(stream)) for cut in cuts), len(stream)]
    frames = Frames()
    arrived = [message for begin, end in pairwise(bounds) for message in fed(frames, stream[begin:end])]
    assert [(text, list(map(bytes, audio))) for text, audio in arrived] == messages
