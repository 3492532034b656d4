"""Batch against realtime on the same audio: one gate decides for both, and each is timed from the close to the text.

Realtime hears what a counter's conversation sends it, pauses and all. It has nobody behind it: what it cannot answer is
a failure here.
"""

import asyncio
import time
from collections.abc import Awaitable, Sequence
from dataclasses import dataclass

from rapidfuzz.distance import Levenshtein

from configs.ingress import ConversationSettings
from pipeline.audio import SAMPLE_BYTES, AudioBuffer, samples_from_ms, seconds
from pipeline.conversation.following import Following
from pipeline.ids import new_id
from pipeline.providers.errors import Category
from pipeline.stages import (
    Counter,
    GateHost,
    GateReply,
    SpeechPart,
    SpeechSpan,
    StageFailed,
    StreamId,
    StreamOpening,
    StreamTick,
    Transcriber,
    Transcription,
    TranscriptionRequest,
)
from pipeline.transcription.along import AlongTranscriber
from pipeline.transcription.hygiene import plain
from pipeline.transcription.realtime import LiveTranscriber

TICK_MS = 100
STREAM = "comparison"


@dataclass(frozen=True, slots=True)
class Answer:
    """What one way made of one utterance. `latency_s`: the gate closed it → its text was there."""

    text: str
    latency_s: float
    cost_usd: float
    failure: str | None = None


@dataclass(frozen=True, slots=True)
class Pair:
    """One utterance both ways; times in seconds of the audio."""

    start_s: float
    end_s: float
    batch: Answer
    realtime: Answer

    @property
    def differing_words(self) -> int | None:
        """Words to change, add or drop to come from one text to the other; case and punctuation aside.

        None where one of them failed.
        """
        if self.batch.failure or self.realtime.failure:
            return None
        one, other = ([plain(word) for word in answer.text.split()] for answer in (self.batch, self.realtime))
        return int(Levenshtein.distance(one, other))


class Comparison:
    """Plays `pcm` (16 kHz mono 16-bit) at `speed` times its pace to the gate and both transcribers. Single use."""

    def __init__(
        self,
        pcm: bytes,
        gate: GateHost,
        batch: Transcriber,
        live: LiveTranscriber,
        settings: ConversationSettings,
        *,
        speed: float,
        budget_s: float,
    ) -> None:
        self._pcm = pcm
        self._gate = gate
        self._batch = batch
        self._realtime = AlongTranscriber(live, _Nobody())
        self._speed = speed
        self._budget_s = budget_s
        self._audio = AudioBuffer()
        self._sent = _Parts()
        self._following = Following(STREAM, Counter(STREAM, STREAM, STREAM), self._audio, self._sent, settings)
        self._answers: list[asyncio.Task[Pair]] = []
        self.dropped_usd = 0.0  # realtime was sent this for what came to nothing

    async def run(self) -> Sequence[Pair]:
        started_s = time.monotonic()
        try:
            for tick in self._ticks():
                await asyncio.sleep(started_s + seconds(tick.end_sample) / self._speed - time.monotonic())
                self._audio.append(bytes(tick.pcm))
                await self._take(self._gate.step([tick])[0])
            return await asyncio.gather(*self._answers)
        finally:
            for answer in self._answers:
                answer.cancel()
            self._gate.forget([STREAM])
            await self._realtime.end([STREAM])
            self.dropped_usd += sum(call.cost_usd for call in self._realtime.unclaimed())

    def _ticks(self) -> list[StreamTick]:
        step = samples_from_ms(TICK_MS)
        total = len(self._pcm) // SAMPLE_BYTES
        return [
            StreamTick(
                STREAM,
                start,
                self._pcm[start * SAMPLE_BYTES : (start + step) * SAMPLE_BYTES],
                opening=StreamOpening() if start == 0 else None,
                final=start + step >= total,
            )
            for start in range(0, total, step)
        ]

    async def _take(self, reply: GateReply) -> None:
        for span in reply.spans:
            self._answers.append(asyncio.create_task(self._both(span), name=f"pair at {span.start_sample}"))
        self._following.follow(reply)
        await self._realtime.feed(self._sent.taken())

    async def _both(self, span: SpeechSpan) -> Pair:
        request = TranscriptionRequest(
            session_id=STREAM,
            utterance_id=new_id(),
            balcao_id=STREAM,
            cliente_codigo=STREAM,
            pcm=self._audio.cut(span.start_sample, span.end_sample),
            start_sample=span.start_sample,
            speech_end_sample=span.speech_end_sample,
            budget_s=self._budget_s,
        )
        closed_s = time.monotonic()
        batch, realtime = await asyncio.gather(
            _timed(self._batch.transcribe(request), closed_s), _timed(self._realtime.transcribe(request), closed_s)
        )
        return Pair(seconds(span.start_sample), seconds(span.end_sample), batch, realtime)


class _Parts:
    """Collects what a conversation sends to a transcriber that listens along."""

    def __init__(self) -> None:
        self._parts: list[SpeechPart] = []

    def feed(self, part: SpeechPart) -> None:
        self._parts.append(part)

    def end(self, stream_id: StreamId) -> None: ...

    def taken(self) -> list[SpeechPart]:
        parts, self._parts = self._parts, []
        return parts


class _Nobody:
    async def transcribe(self, request: TranscriptionRequest) -> StageFailed:
        return StageFailed(category=Category.UNAVAILABLE, message="realtime did not answer")


async def _timed(answer: Awaitable[Transcription | StageFailed], since_s: float) -> Answer:
    result = await answer
    latency_s = time.monotonic() - since_s
    cost_usd = sum(call.cost_usd for call in result.calls)
    if isinstance(result, StageFailed):
        why = result.calls[-1].outcome if result.calls else result.category
        return Answer("", latency_s, cost_usd, why)
    return Answer(result.text, latency_s, cost_usd)
