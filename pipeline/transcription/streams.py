"""Open sockets at a provider: so many at a time as the plan allows; one that is idle makes way for one that speaks."""

from typing import Protocol

from pipeline.providers.errors import Category, NotCalled


class Stream(Protocol):
    """Whoever holds a socket."""

    @property
    def idle(self) -> bool:
        """Nothing is being said in it, nothing is awaited from it."""

    async def make_way(self) -> None:
        """Let the socket go, and return when it is closed; the next words open another."""


class Streams:
    def __init__(self, most: int) -> None:
        self.most = most
        self._open: dict[Stream, None] = {}  # the one that spoke longest ago first

    def __len__(self) -> int:
        return len(self._open)

    async def allow(self, most: int) -> None:
        """So many from now on. Idle ones go at once; one that speaks, when this is said again after it has ended."""
        self.most = most
        while len(self._open) > most and (other := self._idle()):
            await other.make_way()

    async def enter(self, stream: Stream) -> None:
        """Take a place. Raises NotCalled (fila_cheia) when every place is taken by somebody who speaks."""
        in_the_way = None
        if stream not in self._open and len(self._open) >= self.most:
            in_the_way = self._idle()
            if in_the_way is None:
                raise NotCalled(Category.QUEUE_FULL, "too many speak at a time for this plan's live transcription")
            self.leave(in_the_way)
        self.spoke(stream)
        if in_the_way is not None:
            await in_the_way.make_way()

    def spoke(self, stream: Stream) -> None:
        self._open.pop(stream, None)
        self._open[stream] = None

    def leave(self, stream: Stream) -> None:
        self._open.pop(stream, None)

    def _idle(self) -> Stream | None:
        return next((stream for stream in self._open if stream.idle), None)
