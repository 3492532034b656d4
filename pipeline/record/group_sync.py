"""One sync of the spool for all who wait together, with as few turns of the event loop as can be.

An ingress of a thousand counters takes some milliseconds a turn; whoever waits for the disk waits for every turn in
between as well: one to learn of the sync here, and one to go on.
"""

import asyncio
import logging
from collections.abc import Callable
from concurrent.futures import Executor, Future

from pipeline.record.errors import SpoolError
from pipeline.record.spool import Spool

log = logging.getLogger(__name__)


class GroupSync:
    """Syncs `spool` on the thread of `disk`, and tells `synced` how far on the event loop this is made on.

    What is wanted while a sync runs is in the next one. One that fails is tried again after `retry_s`.
    """

    def __init__(self, spool: Spool, synced: Callable[[int], None], disk: Executor, retry_s: float) -> None:
        self._spool = spool
        self._synced = synced
        self._disk = disk
        self._retry_s = retry_s
        self._loop = asyncio.get_running_loop()
        self._running = self._wanted = self._closed = False

    def want(self) -> None:
        self._wanted = True
        if self._running or self._closed:
            return
        self._running, self._wanted = True, False
        self._disk.submit(self._spool.sync).add_done_callback(self._tell)

    def close(self) -> None:
        """Begin no other."""
        self._closed = True

    def _tell(self, done: "Future[int]") -> None:
        """On the disk's thread."""
        self._loop.call_soon_threadsafe(self._done, done)

    def _done(self, done: "Future[int]") -> None:
        try:
            seq = done.result()
        except SpoolError as error:
            log.error("%s", error)
            self._loop.call_later(self._retry_s, self._again)
            return
        self._running = False
        if self._wanted:
            self.want()
        self._synced(seq)

    def _again(self) -> None:
        self._running = False
        self.want()
