"""What somebody must act on is said in the log too: a row of the record wakes nobody up."""

import logging
import time
from collections.abc import Callable, Sequence

from pipeline.events import ErrorNoted, Event
from pipeline.stages import Recorder

log = logging.getLogger(__name__)

QUIET_S = 60.0  # the same alert is said once in so long


class Alarm:
    """A Recorder that says each alert in the log before it hands it on; the same one at most once a minute."""

    def __init__(self, recorder: Recorder, clock: Callable[[], float] = time.monotonic) -> None:
        self._recorder = recorder
        self._clock = clock
        self._said_at: dict[tuple[str, str], float] = {}

    async def record(self, events: Sequence[Event]) -> None:
        self._say(events)
        await self._recorder.record(events)

    def note(self, events: Sequence[Event]) -> None:
        self._say(events)
        self._recorder.note(events)

    def _say(self, events: Sequence[Event]) -> None:
        for event in events:
            if not isinstance(event, ErrorNoted) or not event.alert:
                continue
            which, now_s = (event.component, event.kind), self._clock()
            if now_s - self._said_at.get(which, -QUIET_S) >= QUIET_S:
                self._said_at[which] = now_s
                log.error("ALERT %s/%s: %s", event.component, event.kind, event.message)
