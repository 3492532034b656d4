"""Events from this process to the one writer, durable before anyone is told so.

Whoever waits (`record`) waits for the spool to be synced, once for all who wait together: about a millisecond, and
neither the writer nor the network is in the way. The writer gets what has gathered every `deliver_every_ms`: a
commit costs it much the same for one event as for a hundred.
"""

import asyncio
import contextvars
import logging
from collections.abc import Awaitable, Callable, Coroutine, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from typing import Any, TypeVar

from configs.record import RecordSettings
from pipeline.events import Event
from pipeline.record.batch import Batch
from pipeline.record.errors import SpoolError
from pipeline.record.group_sync import GroupSync
from pipeline.record.progress import Progress
from pipeline.record.spool import AbandonedSpool, Spool

log = logging.getLogger(__name__)

T = TypeVar("T")
Deliver = Callable[[Batch], Awaitable[int]]


class Courier:
    """Implements `pipeline.stages.Recorder`. Made on a running event loop; single use.

    `deliver` sends a batch to the writer and returns the origin's acknowledged sequence number; it may raise,
    and it may be called again with the same batch.
    """

    def __init__(self, spool: Spool, deliver: Deliver, settings: RecordSettings | None = None) -> None:
        self._spool = spool
        self._deliver = deliver
        self._settings = settings or RecordSettings()
        self._durable = Progress()
        self._appended = asyncio.Event()
        self._written = asyncio.Event()
        self._delivered = Progress()
        self._writer_away = False
        self._closing = asyncio.Event()
        self.lost_events = 0  # noted, and neither the disk nor memory had room
        self._disk = ThreadPoolExecutor(1, thread_name_prefix=f"spool-{spool.origin}")
        self._sync = GroupSync(spool, self._synced, self._disk, self._settings.retry_first_s)
        # An empty context: these tasks must not inherit the request that happened to create the courier.
        start = asyncio.get_running_loop().create_task
        self._tasks = [
            start(self._write_loop(), name="courier-spool", context=contextvars.Context()),
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
        """Returns once the events are durable: spooled and synced, or committed if that is sooner.

        Raises SpoolError when they can be neither within `spool_timeout_s`.
        """
        if not events:
            return
        if self._spool.backlog >= self._settings.spool_backlog_events:
            raise SpoolError(
                f"{self._spool.backlog} events wait for the disk in {self._spool.folder}; check the volume"
            )
        durable = self._durable.reached(self._append(events))
        self._sync.want()
        try:
            async with asyncio.timeout(self._settings.spool_timeout_s):
                await durable
        except TimeoutError:
            raise SpoolError(
                f"neither the spool in {self._spool.folder} nor the recorder answered; check the volume"
            ) from None

    def note(self, events: Sequence[Event]) -> None:
        """Take events without waiting, in order with `record`."""
        if self._closing.is_set() or self._spool.backlog >= self._settings.spool_backlog_events:
            self.lost_events += len(events)
            log.error(
                "%d events lost so far: the spool in %s is closed or cannot be written",
                self.lost_events,
                self._spool.folder,
            )
            return
        self._append(events)

    def _append(self, events: Sequence[Event]) -> int:
        if self._closing.is_set():
            raise SpoolError("the recorder's courier is closed")
        seq = self._spool.append(events)
        self._appended.set()
        return seq

    async def aclose(self) -> None:
        """Deliver what can be delivered at once, leave the rest synced on disk, end the tasks."""
        self._closing.set()  # neither write nor delivery gathers any longer
        self._sync.want()
        if self.undelivered and not self._writer_away:
            await asyncio.wait([self._delivered.reached(self._spool.last_seq)], timeout=self._settings.spool_timeout_s)
        self._sync.close()
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        try:
            await self._on_disk(self._spool.close)
        except SpoolError as error:
            log.error("%s", error)
        self._disk.shutdown()

    # --- the spool: every event reaches the disk, and is synced when someone is waiting ---

    def _synced(self, seq: int) -> None:
        self._durable.advance(seq)
        self._written.set()

    async def _write_loop(self) -> None:
        while True:
            await self._appended.wait()
            await _whichever_first(self._closing, self._settings.write_every_ms / 1000)
            self._appended.clear()
            try:
                await self._on_disk(self._spool.write)
            except SpoolError as error:
                log.error("%s", error)
                await asyncio.sleep(self._settings.retry_first_s)
                self._appended.set()
                continue
            self._written.set()

    # --- delivery: in order, one batch at a time, again until it is committed ---

    async def _delivery_loop(self) -> None:
        while True:
            await self._written.wait()
            await _whichever_first(self._closing, self._settings.deliver_every_ms / 1000)
            self._written.clear()
            upto = self._spool.written_seq  # what is written from here on gathers for the next delivery
            while self._delivered.value < upto:
                await self._guarded(self._deliver_next(upto))

    async def _guarded(self, step: Coroutine[Any, Any, None]) -> None:
        """Try again, whatever a step runs into."""
        try:
            await step
        except Exception:  # a disk can fail in many ways, and what is spooled must not wait for this process to end
            log.exception("delivering from the spool in %s failed; it is tried again", self._spool.root)
            await asyncio.sleep(self._settings.retry_longest_s)

    async def _deliver_next(self, upto: int) -> None:
        """As much of what is written and not delivered as one batch holds."""
        batch = await asyncio.to_thread(self._spool.read, self._delivered.value, self._settings.batch_bytes)
        if batch is None:
            log.error("the events up to %d in %s cannot be read back: damaged there", upto, self._spool.folder)
            self._delivered.advance(upto)
            return
        seq = await self._deliver_once_committed(batch)
        self._durable.advance(seq)
        await self._on_disk(lambda: self._spool.acknowledge(seq))
        self._delivered.advance(seq)

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

    def _came_back(self) -> None:
        if self._writer_away:
            log.warning("the recorder is back; the spool is being delivered")
        self._writer_away = False

    # --- what dead processes on this machine left behind ---

    async def _takeover_loop(self) -> None:
        while True:
            await self._guarded(self._take_over_all())
            await asyncio.sleep(self._settings.orphan_scan_s)

    async def _take_over_all(self) -> None:
        while (left := await asyncio.to_thread(self._spool.next_abandoned)) is not None:
            await self._take_over(left)

    async def _take_over(self, left: AbandonedSpool) -> None:
        after = 0
        try:
            while (batch := await asyncio.to_thread(left.read, after, self._settings.batch_bytes)) is not None:
                after = await self._deliver_once_committed(batch)
        except BaseException:
            left.close()
            raise
        await asyncio.to_thread(left.discard)

    async def _on_disk(self, work: Callable[[], T]) -> T:
        return await asyncio.get_running_loop().run_in_executor(self._disk, work)


async def _whichever_first(event: asyncio.Event, wait_s: float) -> None:
    with suppress(TimeoutError):
        async with asyncio.timeout(wait_s):
            await event.wait()
