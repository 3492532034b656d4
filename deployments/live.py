"""Speech on its way to a transcriber replica that listens along: what gathered since the last call, in one call."""

import asyncio
import contextvars
import logging
from collections.abc import Awaitable, Callable, Sequence
from contextlib import suppress

from pipeline.events import ProviderCalled
from pipeline.stages import SpeechPart, StreamId

logger = logging.getLogger(__name__)

Deliver = Callable[[Sequence[SpeechPart], Sequence[StreamId]], Awaitable[Sequence[ProviderCalled]]]


class LiveSpeech:
    """Implements pipeline.stages.ListeningAlong. Bounded: parts over `most_parts` are dropped, the request has them."""

    def __init__(
        self, deliver: Deliver, note: Callable[[Sequence[ProviderCalled]], None], most_parts: int, timeout_s: float
    ) -> None:
        """`note` is told of calls whose text came to nothing: they are paid for."""
        self._deliver = deliver
        self._note = note
        self._most_parts = most_parts
        self._timeout_s = timeout_s
        self._parts: list[SpeechPart] = []
        self._ended: list[StreamId] = []
        self._wanted = asyncio.Event()
        self._task = asyncio.create_task(self._run(), name="live speech", context=contextvars.Context())

    def feed(self, part: SpeechPart) -> None:
        if len(self._parts) < self._most_parts:
            self._parts.append(part)
            self._wanted.set()

    def end(self, stream_id: StreamId) -> None:
        self._ended.append(stream_id)
        self._wanted.set()

    async def close(self) -> None:
        self._task.cancel()
        with suppress(asyncio.CancelledError):
            await self._task

    async def _run(self) -> None:
        while True:
            await self._wanted.wait()
            self._wanted.clear()
            (parts, self._parts), (ended, self._ended) = (self._parts, []), (self._ended, [])
            try:
                async with asyncio.timeout(self._timeout_s):
                    of_no_use = await self._deliver(parts, ended)
            except Exception as error:  # whatever it was: the request that closes an utterance carries its audio
                logger.warning("live speech was not delivered: %s", type(error).__name__)
                continue
            if of_no_use:
                self._note(of_no_use)
