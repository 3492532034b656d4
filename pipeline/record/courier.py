"""Events from this process to the one writer, durable before anyone is told so.

In the usual case an event is written to the spool (page cache), delivered, and committed by the writer about
5 ms later; the spool is never synced. When the writer does not answer within `commit_timeout_ms` the spool is
synced instead, and delivery goes on behind the scenes until the writer takes it.
"""

import asyncio
import contextvars
import logging
from collections.abc import Awaitable, Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import Protocol, TypeVar

from configs.record import RecordSettings
from pipeline.events import Event
from pipeline.record.errors import SpoolError
from pipeline.record.spool import AbandonedSpool, Spool
from pipeline.record.wire import Batch

log = logging.getLogger(__name__)

T = TypeVar("T")
Deliver = Callable[[Batch], Awaitable[int]]


class _Readable(Protocol):
    def read(self, after_seq: int, most_bytes: int) -> Batch | None: ...


class Courier:
    """Implements `pipeline.stages.Recorder`. Made on a running event loop; single use.

    `deliver` sends a batch to the writer and returns the origin's acknowledged sequence number; it may raise,
    and it may be called again with the same batch.
    """

    def __init__(self, spool: Spool, deliver: Deliver, settings: RecordSettings | None = None) -> None:
        self._spool = spool
        self._deliver = deliver
        self._settings = settings or RecordSettings()
        self._durable = _Progress()
        self._appended = asyncio.Event()
        self._written = asyncio.Event()
        self._sync_wanted = False
        self._delivered = _Progress()
        self._writer_away = False
        self._closing = False
        self.lost_events = 0  # noted, and neither the disk nor memory had room
        self._disk = ThreadPoolExecutor(1, thread_name_prefix=f"spool-{spool.origin}")
        # An empty context: these tasks must not inherit the request that happened to create the courier.
        start = asyncio.get_running_loop().create_task
        self._tasks = [
            start(self._spool_loop(), name="courier-spool", context=contextvars.Context()),
            start(self._delivery_loop(), name="courier-delivery", context=contextvars.Context()),
            start(self._takeover_loop(), name="courier-takeover", context=contextvars.Context()),
        ]

    @property
    def writer_away(self) -> bool:
        """The last delivery failed: recommendations go on, from the spool."""
        return self._writer_away

    @property
    def undelivered(self) -> int:
        return self._spool.last_seq - self._delivered.value

    async def record(self, events: Sequence[Event]) -> None:
        """Returns once the events are durable: committed, or spooled and synced.

        Raises SpoolError when they can be neither within `spool_timeout_s`.
        """
        if not events:
            return
        if self._spool.backlog >= self._settings.spool_backlog_events:
            raise SpoolError(
                f"{self._spool.backlog} events wait for the disk in {self._spool.folder}; check the volume"
            )
        durable = self._durable.reached(self._append(events))
        if self._writer_away:
            self._want_sync()
        done, _ = await asyncio.wait([durable], timeout=self._settings.commit_timeout_ms / 1000)
        if not done:
            self._want_sync()
            done, _ = await asyncio.wait([durable], timeout=self._settings.spool_timeout_s)
        if not done:
            durable.cancel()
            raise SpoolError(f"neither the recorder nor the spool in {self._spool.folder} answered; check the volume")

    def note(self, events: Sequence[Event]) -> None:
        """Take events without waiting, in order with `record`."""
        if self._closing or self._spool.backlog >= self._settings.spool_backlog_events:
            self.lost_events += len(events)
            log.error(
                "%d events lost so far: the spool in %s is closed or cannot be written",
                self.lost_events,
                self._spool.folder,
            )
            return
        self._append(events)

    def _append(self, events: Sequence[Event]) -> int:
        if self._closing:
            raise SpoolError("the recorder's courier is closed")
        seq = self._spool.append(events)
        self._appended.set()
        return seq

    def _want_sync(self) -> None:
        self._sync_wanted = True
        self._appended.set()

    async def aclose(self) -> None:
        """Deliver what can be delivered at once, leave the rest synced on disk, end the tasks."""
        self._closing = True
        if self.undelivered and not self._writer_away:
            await asyncio.wait([self._delivered.reached(self._spool.last_seq)], timeout=self._settings.spool_timeout_s)
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        try:
            await self._on_disk(self._spool.close)
        except SpoolError as error:
            log.error("%s", error)
        self._disk.shutdown()

    # --- the spool: every event reaches the disk, and is synced when someone is waiting ---

    async def _spool_loop(self) -> None:
        while True:
            await self._appended.wait()
            self._appended.clear()
            sync, self._sync_wanted = self._sync_wanted, False
            try:
                seq = await self._on_disk(self._spool.sync if sync else self._spool.write)
            except SpoolError as error:
                log.error("%s", error)
                await self._write_again_later(sync)
                continue
            self._written.set()
            if sync:
                self._durable.advance(seq)

    async def _write_again_later(self, sync: bool) -> None:
        await asyncio.sleep(self._settings.retry_first_s)
        self._sync_wanted |= sync
        self._appended.set()

    # --- delivery: in order, one batch at a time, again until it is committed ---

    async def _delivery_loop(self) -> None:
        while True:
            await self._written.wait()
            self._written.clear()
            await self._deliver_all(self._spool, self._acknowledged)

    async def _deliver_all(self, source: _Readable, acknowledged: Callable[[int], Awaitable[None]]) -> None:
        after = self._delivered.value if source is self._spool else 0
        most_bytes = self._settings.batch_bytes
        while (batch := await self._on_disk(partial(source.read, after, most_bytes))) is not None:
            after = await self._deliver_once_committed(batch)
            await acknowledged(after)

    async def _deliver_once_committed(self, batch: Batch) -> int:
        wait_s = self._settings.retry_first_s
        while True:
            try:
                async with asyncio.timeout(self._settings.deliver_timeout_s):
                    committed = await self._deliver(batch)
            except Exception as error:  # whatever a handle raises, the answer is to try again
                self._went_away(error)
            else:
                self._came_back()
                return max(committed, batch.last_seq)
            await asyncio.sleep(wait_s)
            wait_s = min(wait_s * 2, self._settings.retry_longest_s)

    def _went_away(self, error: Exception) -> None:
        if not self._writer_away:
            log.warning("the recorder is away (%s: %s); events are kept in the spool", type(error).__name__, error)
        self._writer_away = True
        if self._durable.waiting:
            self._want_sync()

    def _came_back(self) -> None:
        if self._writer_away:
            log.warning("the recorder is back; the spool is being delivered")
        self._writer_away = False

    async def _acknowledged(self, seq: int) -> None:
        self._durable.advance(seq)
        await self._on_disk(lambda: self._spool.acknowledge(seq))
        self._delivered.advance(seq)

    # --- what dead processes on this machine left behind ---

    async def _takeover_loop(self) -> None:
        while True:
            while (left := await self._on_disk(self._spool.next_abandoned)) is not None:
                await self._take_over(left)
            await asyncio.sleep(self._settings.orphan_scan_s)

    async def _take_over(self, left: AbandonedSpool) -> None:
        async def nothing(_: int) -> None: ...

        try:
            await self._deliver_all(left, nothing)
        except BaseException:
            left.close()
            raise
        await self._on_disk(left.discard)

    async def _on_disk(self, work: Callable[[], T]) -> T:
        return await asyncio.get_running_loop().run_in_executor(self._disk, work)


class _Progress:
    """A number that only rises, and those who wait for it to reach a value."""

    def __init__(self) -> None:
        self.value = 0
        self._waiters: list[tuple[int, asyncio.Future[None]]] = []

    @property
    def waiting(self) -> bool:
        return bool(self._waiters)

    def reached(self, value: int) -> asyncio.Future[None]:
        future: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        if value <= self.value:
            future.set_result(None)
        else:
            self._waiters.append((value, future))
        return future

    def advance(self, value: int) -> None:
        self.value = max(self.value, value)
        still = []
        for wanted, future in self._waiters:
            if future.done():
                continue
            if wanted <= self.value:
                future.set_result(None)
            else:
                still.append((wanted, future))
        self._waiters = still
