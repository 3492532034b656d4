"""A number that rises, and waiting for it: how far the spool is synced, how far the writer has committed."""

import asyncio


class Progress:
    """A number that only rises, and those who wait for it to reach a value."""

    def __init__(self) -> None:
        self.value = 0
        self._waiters: list[tuple[int, asyncio.Future[None]]] = []

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
