"""Calls that outlast whoever made them: what a provider was asked is paid for, so it runs on and its cost is recorded.

A counter leaves, or a deadline passes: the conversation goes on without the answer, the provider does not know.
"""

import asyncio
from collections.abc import Callable, Coroutine, Sequence
from typing import Any, TypeVar

from pipeline.events import ProviderCalled
from pipeline.stages import (
    RecommendationRequest,
    Recommender,
    StageFailed,
    Transcriber,
    Transcription,
    TranscriptionRequest,
    Verdict,
)

Answer = TypeVar("Answer", Transcription | StageFailed, Verdict | StageFailed)


class LeftCalls:
    """`note` is told of the provider calls behind each answer that nobody waited for."""

    def __init__(self, note: Callable[[Sequence[ProviderCalled]], None]) -> None:
        self._note = note
        self._left: set[asyncio.Task[Any]] = set()

    async def see_through(self, call: Coroutine[Any, Any, Answer], name: str) -> Answer:
        """The answer; the call goes on when the caller is cancelled meanwhile."""
        task = asyncio.create_task(call, name=name)
        try:
            return await asyncio.shield(task)
        except asyncio.CancelledError:
            self._left.add(task)
            task.add_done_callback(self._ended)
            raise

    def _ended(self, task: "asyncio.Task[Transcription | Verdict | StageFailed]") -> None:
        self._left.discard(task)
        if task.cancelled() or task.exception():
            return
        answer = task.result()
        calls = answer.calls if isinstance(answer, Transcription | StageFailed) else answer.basis.calls
        if calls:
            self._note(calls)

    async def settle(self, within_s: float) -> None:
        """Let those under way end; whatever has not by then is given up."""
        if self._left:
            _, late = await asyncio.wait(self._left, timeout=within_s)
            for task in late:
                task.cancel()


class SeenThroughTranscriber:
    """A Transcriber whose calls outlast their caller."""

    def __init__(self, transcriber: Transcriber, left: LeftCalls) -> None:
        self._transcriber = transcriber
        self._left = left

    async def transcribe(self, request: TranscriptionRequest) -> Transcription | StageFailed:
        return await self._left.see_through(self._transcriber.transcribe(request), f"text of {request.utterance_id}")


class SeenThroughRecommender:
    """A Recommender whose calls outlast their caller."""

    def __init__(self, recommender: Recommender, left: LeftCalls) -> None:
        self._recommender = recommender
        self._left = left

    async def recommend(self, request: RecommendationRequest) -> Verdict | StageFailed:
        return await self._left.see_through(
            self._recommender.recommend(request), f"verdict of {request.interaction_id}"
        )
