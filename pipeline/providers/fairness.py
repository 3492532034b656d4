"""Turns at a provider: so many at a time, a bounded queue, and counters served round robin.

A counter with twenty calls waiting gets one turn for every turn of each other counter that waits.
"""

import asyncio
from collections import OrderedDict, deque
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from pipeline.providers.errors import Category, NotCalled

# A provider is also busy for reasons that are not ours: slots must come back faster than passing refusals take them,
# and never be fewer than a share of the plan's, or a bad hour at the provider becomes a queue of our own making.
SUCCESSES_PER_RECOVERED_SLOT = 4
LEAST_SHARE_OF_SLOTS = 0.25


class Turnstile:
    """Hands out at most `slots` turns at a time; `allow` says how many that are.

    `shrink` takes a slot away when the provider says that we are too many; they come back one by one as calls succeed.
    """

    def __init__(self, slots: int, queue_limit: int, queue_limit_per_key: int) -> None:
        self._most = slots
        self._slots = slots
        self._queue_limit = queue_limit
        self._queue_limit_per_key = queue_limit_per_key
        self._taken = 0
        self._waiting = 0
        self._successes = 0
        self._queues: OrderedDict[str, deque[asyncio.Future[None]]] = OrderedDict()

    @property
    def most(self) -> int:
        return self._most

    @property
    def slots(self) -> int:
        return self._slots

    @property
    def taken(self) -> int:
        return self._taken

    @property
    def waiting(self) -> int:
        return self._waiting

    @asynccontextmanager
    async def turn(self, key: str) -> AsyncIterator[None]:
        """Wait for a turn and hold it. Raises NotCalled (fila_cheia) when too many wait already."""
        if self._taken < self._slots and not self._waiting:
            self._taken += 1
        else:
            await self._wait(key)
        try:
            yield
        finally:
            self._taken -= 1
            self._hand_on()

    def allow(self, most: int) -> None:
        """So many from now on, none included; turns that are taken already last as long as they do."""
        whole = self._slots == self._most
        self._most = most
        self._slots = most if whole else max(self._fewest, min(self._slots, most))
        self._hand_on()

    def shrink(self) -> None:
        self._slots = max(self._fewest, self._slots - 1)
        self._successes = 0

    @property
    def _fewest(self) -> int:
        return min(self._most, max(1, round(self._most * LEAST_SHARE_OF_SLOTS)))

    def succeeded(self) -> None:
        if self._slots == self._most:
            return
        self._successes += 1
        if self._successes >= SUCCESSES_PER_RECOVERED_SLOT:
            self._successes = 0
            self._slots += 1
            self._hand_on()

    async def _wait(self, key: str) -> None:
        queue = self._queues.setdefault(key, deque())
        if self._waiting >= self._queue_limit or len(queue) >= self._queue_limit_per_key:
            self._drop_if_empty(key)
            raise NotCalled(Category.QUEUE_FULL, "too many calls wait for this provider already")
        turn: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        queue.append(turn)
        self._waiting += 1
        try:
            await turn
        except asyncio.CancelledError:
            if turn.done() and not turn.cancelled():  # the turn came and we leave at the same moment: pass it on
                self._taken -= 1
                self._hand_on()
            else:
                queue.remove(turn)
                self._waiting -= 1
                self._drop_if_empty(key)
            raise

    def _hand_on(self) -> None:
        while self._waiting and self._taken < self._slots:
            key, queue = next(iter(self._queues.items()))
            turn = queue.popleft()
            self._waiting -= 1
            self._queues.move_to_end(key)
            self._drop_if_empty(key)
            self._taken += 1
            turn.set_result(None)

    def _drop_if_empty(self, key: str) -> None:
        if not self._queues[key]:
            del self._queues[key]
