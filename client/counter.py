"""A counter that stays connected: audio in, recommendations out, reconnecting by itself."""

import asyncio
from collections import deque
from collections.abc import AsyncIterable, AsyncIterator
from contextlib import suppress
from dataclasses import dataclass
from types import TracebackType
from typing import Self

from client.backoff import Backoff
from client.connection import Connection
from client.errors import ClientError, ConnectionLost
from client.messages import ServerMessage, feedback

BYTES_PER_S = 32_000
EVENT_QUEUE = 256


@dataclass(frozen=True, slots=True)
class Connected:
    pass


@dataclass(frozen=True, slots=True)
class Disconnected:
    """Another try follows in `retry_in_s`."""

    code: int | None
    reason: str
    retry_in_s: float


CounterEvent = Connected | Disconnected | ServerMessage


class Counter:
    """Use as `async with`, iterate for events; iteration ends when the counter is closed.

    While there is no connection the last `backlog_s` of audio is kept; what is older is dropped and counted in
    `dropped_s`: a recommendation about what was said a minute ago helps nobody. A refused key raises KeyRefused from
    the iteration and from `stream`.
    """

    def __init__(self, url: str, api_key: str, *, backoff: Backoff | None = None, backlog_s: float = 5.0) -> None:
        self._url = url
        self._api_key = api_key
        self._backoff = backoff or Backoff()
        self._backlog_bytes = int(backlog_s * BYTES_PER_S)
        self._audio: deque[bytes] = deque()
        self._audio_bytes = 0
        self._commands: deque[str] = deque()
        self._waiting = asyncio.Event()  # there is something to send
        self._drained = asyncio.Event()
        self._drained.set()
        self._events: asyncio.Queue[CounterEvent] = asyncio.Queue(EVENT_QUEUE)
        self._running: asyncio.Task[None] | None = None
        self.sent_s = 0.0
        self.dropped_s = 0.0

    async def __aenter__(self) -> Self:
        if self._running is not None:
            raise RuntimeError("a Counter is single use")
        self._running = asyncio.create_task(self._run(), name=f"counter {self._url}")
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        running = self._task
        running.cancel()
        with suppress(asyncio.CancelledError, ClientError):
            await running

    def send(self, pcm: bytes) -> None:
        """Queue audio, without waiting."""
        self._audio.append(pcm)
        self._audio_bytes += len(pcm)
        while self._audio_bytes > self._backlog_bytes and len(self._audio) > 1:
            oldest = self._audio.popleft()
            self._audio_bytes -= len(oldest)
            self.dropped_s += len(oldest) / BYTES_PER_S
        self._wake()

    def feedback(self, id_interacao: str, resultado: str) -> None:
        """Say what came of a recommendation: venda_realizada, venda_perdida, …"""
        self._commands.append(feedback(id_interacao, resultado))
        self._wake()

    async def stream(self, chunks: AsyncIterable[bytes]) -> None:
        """Send a whole source and return once everything was handed to the network."""
        async for chunk in chunks:
            self.send(chunk)
            if self._task.done():
                break
        await self.flush()

    async def flush(self) -> None:
        """Wait until nothing is queued and the server has every command. Raises what ended the counter."""
        drained = asyncio.create_task(self._drained.wait(), name="flush")
        try:
            await asyncio.wait({drained, self._task}, return_when=asyncio.FIRST_COMPLETED)
        finally:
            drained.cancel()
        if self._task.done():
            self._task.result()

    async def __aiter__(self) -> AsyncIterator[CounterEvent]:
        while not (self._task.done() and self._events.empty()):
            following = asyncio.create_task(self._events.get(), name="next event")
            try:
                await asyncio.wait({following, self._task}, return_when=asyncio.FIRST_COMPLETED)
                if following.done():
                    yield following.result()
            finally:
                following.cancel()
        with suppress(asyncio.CancelledError):
            self._task.result()

    @property
    def _task(self) -> asyncio.Task[None]:
        if self._running is None:
            raise RuntimeError("enter the Counter first")
        return self._running

    def _wake(self) -> None:
        self._drained.clear()
        self._waiting.set()

    async def _run(self) -> None:
        loop = asyncio.get_running_loop()
        failures = 0
        while True:
            began_s = loop.time()
            try:
                await self._connect()
            except ConnectionLost as lost:
                if loop.time() - began_s >= self._backoff.steady_s:
                    failures = 0
                delay_s = self._backoff.delay_s(failures)
                failures += 1
                await self._events.put(Disconnected(lost.code, lost.reason, delay_s))
                await asyncio.sleep(delay_s)

    async def _connect(self) -> None:
        """One connection, until it is lost."""
        async with Connection(self._url, self._api_key) as connection:
            await self._events.put(Connected())
            sending = asyncio.create_task(self._send_queued(connection), name="send queued")
            try:
                async for message in connection:
                    await self._events.put(message)
            finally:
                sending.cancel()
                with suppress(asyncio.CancelledError, ClientError):
                    await sending

    async def _send_queued(self, connection: Connection) -> None:
        while True:
            await self._waiting.wait()
            while self._commands:
                await connection.send(self._commands[0])
                await connection.confirm()
                self._commands.popleft()
            while self._audio:
                pcm = self._audio.popleft()
                self._audio_bytes -= len(pcm)
                await connection.send(pcm)
                self.sent_s += len(pcm) / BYTES_PER_S
            if not self._commands:
                self._waiting.clear()
                self._drained.set()
