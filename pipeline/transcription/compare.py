"""Batch against realtime on the same audio: one gate decides for both, and each is timed from the close to the text."""

import asyncio
import time
from collections.abc import Awaitable, Sequence
from dataclasses import dataclass

from rapidfuzz.distance import Levenshtein

from pipeline.audio import SAMPLE_BYTES, samples_from_ms, seconds
from pipeline.ids import new_id
from pipeline.stages import (
    GateHost,
    GateReply,
    SpeechSpan,
    StageFailed,
    StreamOpening,
    StreamTick,
    Transcriber,
    Transcription,
    TranscriptionRequest,
)
from pipeline.transcription.hygiene import plain
from pipeline.transcription.realtime import LiveSession

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
    def differing_words(self) -> int:
        """Words to change, add or drop to come from one text to the other; case and punctuation aside."""
        one, other = ([plain(word) for word in answer.text.split()] for answer in (self.batch, self.realtime))
        return int(Levenshtein.distance(one, other))


class Comparison:
    """Plays `pcm` (16 kHz mono 16-bit) at `speed` times its pace to the gate and both transcribers. Single use."""

    def __init__(
        self, pcm: bytes, gate: GateHost, batch: Transcriber, live: LiveSession, *, speed: float, budget_s: float
    ) -> None:
        self._pcm = pcm
        self._gate = gate
        self._batch = batch
        self._live = live
        self._speed = speed
        self._budget_s = budget_s
        self._fed_upto: int | None = None  # audio of the open utterance that the live session has
        self._answers: list[asyncio.Task[Pair]] = []

    async def run(self) -> Sequence[Pair]:
        started_s = time.monotonic()
        try:
            for tick in self._ticks():
                ahead_s = seconds(tick.start_sample + len(tick.pcm) // SAMPLE_BYTES) / self._speed
                await asyncio.sleep(started_s + ahead_s - time.monotonic())
                received = tick.start_sample + len(tick.pcm) // SAMPLE_BYTES
                await self._take(self._gate.step([tick])[0], received)
            return await asyncio.gather(*self._answers)
        finally:
            for answer in self._answers:
                answer.cancel()
            self._gate.forget([STREAM])

    def _ticks(self) -> list[StreamTick]:
        step = samples_from_ms(TICK_MS)
        total = len(self._pcm) // SAMPLE_BYTES
        starts = range(0, total, step)
        return [
            StreamTick(
                STREAM,
                start,
                self._audio(start, start + step),
                opening=StreamOpening() if start == 0 else None,
                final=start + step >= total,
            )
            for start in starts
        ]

    async def _take(self, reply: GateReply, received_sample: int) -> None:
        for span in reply.spans:
            await self._feed(span.start_sample, span.end_sample)
            self._fed_upto = None
            utterance_id = new_id()
            commit = asyncio.create_task(self._live.commit(utterance_id, self._budget_s), name=f"commit {utterance_id}")
            self._answers.append(
                asyncio.create_task(self._both(span, utterance_id, commit), name=f"pair {utterance_id}")
            )
            await asyncio.sleep(0)  # the commit takes its audio before the next utterance's comes
        if reply.speech_since_sample is not None:
            await self._feed(reply.speech_since_sample, received_sample)
        elif self._fed_upto is not None:
            self._fed_upto = None
            await self._live.discard()

    async def _feed(self, since_sample: int, upto_sample: int) -> None:
        first = since_sample if self._fed_upto is None else self._fed_upto
        if upto_sample > first:
            await self._live.feed(self._audio(first, upto_sample))
            self._fed_upto = upto_sample

    async def _both(
        self, span: SpeechSpan, utterance_id: str, commit: asyncio.Task[Transcription | StageFailed]
    ) -> Pair:
        request = TranscriptionRequest(
            session_id=STREAM,
            utterance_id=utterance_id,
            balcao_id=STREAM,
            cliente_codigo=STREAM,
            pcm=self._audio(span.start_sample, span.end_sample),
            budget_s=self._budget_s,
        )
        closed_s = time.monotonic()
        batch, realtime = await asyncio.gather(
            _timed(self._batch.transcribe(request), closed_s),
            _timed(commit, closed_s),
        )
        return Pair(seconds(span.start_sample), seconds(span.end_sample), batch, realtime)

    def _audio(self, start_sample: int, end_sample: int) -> bytes:
        return self._pcm[start_sample * SAMPLE_BYTES : end_sample * SAMPLE_BYTES]


async def _timed(answer: Awaitable[Transcription | StageFailed], since_s: float) -> Answer:
    result = await answer
    latency_s = time.monotonic() - since_s
    cost_usd = sum(call.cost_usd for call in result.calls)
    if isinstance(result, StageFailed):
        return Answer("", latency_s, cost_usd, result.category)
    return Answer(result.text, latency_s, cost_usd)
