"""What an open utterance would come to if it ended where the voice paused: its text, and the verdict on it.

OPEN --closed without further speech--> CONFIRMED: what was asked for is the answer
OPEN --the voice goes on--> DROPPED: nothing more is asked, and nothing of it is used
"""

import asyncio
from collections.abc import Callable, Coroutine
from dataclasses import dataclass
from enum import Enum
from typing import Any, Generic, TypeVar

from pipeline.events import ProviderCalled
from pipeline.stages import RecommendationRequest, SpeechSpan, StageFailed, Transcription, Verdict

_SAME_START_SAMPLES = 1600  # an opening point moves less than this while an utterance is open

A = TypeVar("A")


class State(Enum):
    OPEN = "open"
    CONFIRMED = "confirmed"
    DROPPED = "dropped"


@dataclass(frozen=True, slots=True)
class Answer:
    verdict: Verdict | StageFailed

    @property
    def calls(self) -> tuple[ProviderCalled, ...]:
        return self.verdict.calls if isinstance(self.verdict, StageFailed) else self.verdict.basis.calls


class Part(Generic[A]):
    """One thing asked for ahead of time: used once at most; what nobody uses is still accounted for."""

    def __init__(self, work: Coroutine[Any, Any, A], name: str, unused: Callable[[A], None]) -> None:
        self.task = asyncio.create_task(work, name=name)
        self._unused = unused
        self._free = True

    async def use(self) -> A | None:
        """The answer, or None when it was used or given up before."""
        if not self._free:
            return None
        self._free = False
        return await asyncio.shield(self.task)

    def give_up(self) -> None:
        if self._free:
            self._free = False
            if self.task.done():
                self._account(self.task)
            else:
                self.task.add_done_callback(self._account)

    def _account(self, task: asyncio.Task[A]) -> None:
        if not task.cancelled() and task.exception() is None:
            self._unused(task.result())


@dataclass(slots=True, eq=False)
class Guess:
    start_sample: int
    end_sample: int
    state: State = State.OPEN
    text: Part[Transcription | StageFailed] | None = None
    question: RecommendationRequest | None = None
    answer: Part[Answer | None] | None = None

    @property
    def tasks(self) -> list[asyncio.Task[Any]]:
        return [part.task for part in (self.text, self.answer) if part is not None]

    @property
    def under_way(self) -> bool:
        return not all(task.done() for task in self.tasks)

    def starts_at(self, sample: int) -> bool:
        return abs(self.start_sample - sample) <= _SAME_START_SAMPLES

    def foresaw(self, span: SpeechSpan) -> bool:
        return self.starts_at(span.start_sample) and span.speech_end_sample <= self.end_sample

    def give_up(self) -> None:
        """Whatever of it was not used never will be."""
        for part in (self.text, self.answer):
            if part is not None:
                part.give_up()
