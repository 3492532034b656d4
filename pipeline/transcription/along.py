"""Transcription of speech that was heard while it was spoken, with the whole-utterance transcriber behind it.

What was fed may be incomplete, late, or of an utterance that came to nothing; the request that closes an utterance
carries all of its audio. So nothing depends on the live session: what it cannot answer is asked of the other one.
"""

import asyncio
import math
from collections.abc import Sequence
from dataclasses import dataclass, field, replace

from pipeline.audio import SAMPLE_BYTES
from pipeline.events import ProviderCalled
from pipeline.providers.errors import Category
from pipeline.stages import (
    SpeechPart,
    StageFailed,
    StreamId,
    Transcriber,
    Transcription,
    TranscriptionRequest,
)
from pipeline.transcription.realtime import LiveSession, LiveTranscriber

_SAME_START_SAMPLES = 1600  # an opening point moves less than this between the first part and the closed utterance

_NONE_OPEN = -1
_SETTLED_WITHIN_S = 0.5  # a question about a pause and the pause itself come by different ways


@dataclass(slots=True)
class _Heard:
    """One stream: its session, the utterance that is open in it, and the parts of the next one."""

    session: LiveSession
    start_sample: int = _NONE_OPEN
    upto_sample: int = 0  # what the session was fed reaches so far, without a gap
    settled_upto_sample: int = 0  # the text of everything before is asked for
    waiting: list[SpeechPart] = field(default_factory=list)
    settled: asyncio.Event = field(default_factory=asyncio.Event)  # `settled_upto_sample` has moved
    done_upto_sample: int = 0  # parts of utterances before this are late
    turn: asyncio.Lock = field(default_factory=asyncio.Lock)
    closing: bool = False  # the text of the open utterance is being asked for, with all of its audio
    fed_at_s: float = 0.0  # the loop's clock


_NOTHING_ASKED = StageFailed(category=Category.UNAVAILABLE, message="nothing of this utterance was asked for yet")


class AlongTranscriber:
    """Implements `pipeline.stages.Transcriber`; `feed` and `end` are what a `ListeningAlong` delivers."""

    def __init__(self, live: LiveTranscriber, whole: Transcriber, quiet_close_s: float = math.inf) -> None:
        """A stream that was not fed for `quiet_close_s` is over: its counter is quiet, or speaks to another replica."""
        self._live = live
        self._whole = whole
        self._quiet_close_s = quiet_close_s
        self._streams: dict[StreamId, _Heard] = {}

    async def feed(self, parts: Sequence[SpeechPart]) -> None:
        """Streams at the same time, each one's parts in order."""
        await self.end(self._quiet())
        by_stream: dict[StreamId, list[SpeechPart]] = {}
        for part in parts:
            by_stream.setdefault(part.stream_id, []).append(part)
        await asyncio.gather(*(self._feed_all(stream_parts) for stream_parts in by_stream.values()))

    async def _feed_all(self, parts: Sequence[SpeechPart]) -> None:
        for part in parts:
            await self._feed(part)

    async def _feed(self, part: SpeechPart) -> None:
        heard = self._streams.get(part.stream_id)
        if heard is None:
            session = self._live.open(part.stream_id, balcao_id=part.balcao_id)
            heard = self._streams[part.stream_id] = _Heard(session)
        heard.fed_at_s = asyncio.get_running_loop().time()
        if part.utterance_start_sample < heard.done_upto_sample:
            return
        if heard.start_sample == _NONE_OPEN:
            heard.start_sample = heard.upto_sample = part.utterance_start_sample
        if part.utterance_start_sample != heard.start_sample:
            heard.waiting.append(part)
            return
        if heard.closing:
            return  # late, and not worth waiting for: other counters' speech comes behind it
        async with heard.turn:
            if part.utterance_start_sample == heard.start_sample:  # else it was late: its utterance is over
                await self._take(heard, part)

    async def _take(self, heard: _Heard, part: SpeechPart) -> None:
        if not part.pcm and part.settle_within_s is None:
            await heard.session.discard()
            await self._next(heard, part.start_sample)
        elif part.start_sample == heard.upto_sample:
            if part.pcm:
                await heard.session.feed(part.pcm)
                heard.upto_sample += len(part.pcm) // SAMPLE_BYTES
            if part.settle_within_s is not None:
                await heard.session.settle(part.settle_within_s)
                heard.settled_upto_sample = heard.upto_sample
                heard.settled.set()

    async def _next(self, heard: _Heard, done_upto_sample: int) -> None:
        """Begin with the parts that came while the utterance before was open."""
        heard.done_upto_sample = done_upto_sample
        heard.closing = False
        heard.settled_upto_sample = 0
        heard.settled.set()
        waiting = [part for part in heard.waiting if part.utterance_start_sample >= done_upto_sample]
        start = heard.start_sample = waiting[0].utterance_start_sample if waiting else _NONE_OPEN
        heard.upto_sample = max(0, start)
        # Before anything is awaited: what comes meanwhile goes behind what waits already.
        heard.waiting = [part for part in waiting if part.utterance_start_sample != start]
        for part in waiting:
            if part.utterance_start_sample == start == heard.start_sample:
                await self._take(heard, part)

    async def transcribe(self, request: TranscriptionRequest) -> Transcription | StageFailed:
        heard = self._streams.get(request.session_id)
        if request.foreseen:
            return (await self._so_far(heard, request) if heard else None) or _NOTHING_ASKED
        if heard is None:
            return await self._whole.transcribe(request)
        began = asyncio.get_running_loop().time()
        async with heard.turn:
            live = await self._commit(heard, request)
        if isinstance(live, Transcription):
            return live
        left_s = request.budget_s - (asyncio.get_running_loop().time() - began)
        whole = await self._whole.transcribe(replace(request, budget_s=max(0.0, left_s)))
        return whole if live is None else replace(whole, calls=live.calls + whole.calls)

    async def _so_far(self, heard: _Heard, request: TranscriptionRequest) -> Transcription | StageFailed | None:
        """None when the pause that the request ends in was not one to ask in, or the utterance is over by now."""
        end_sample = request.start_sample + len(request.pcm) // SAMPLE_BYTES
        try:
            async with asyncio.timeout(_SETTLED_WITHIN_S):
                while heard.settled_upto_sample < end_sample:
                    if abs(heard.start_sample - request.start_sample) > _SAME_START_SAMPLES:
                        return None
                    heard.settled.clear()
                    await heard.settled.wait()
        except TimeoutError:
            return None
        return await heard.session.so_far()

    async def _commit(self, heard: _Heard, request: TranscriptionRequest) -> Transcription | StageFailed | None:
        """None when the session did not hear this utterance from its beginning."""
        end_sample = request.start_sample + len(request.pcm) // SAMPLE_BYTES
        if heard.start_sample > request.start_sample + _SAME_START_SAMPLES:
            return None  # it hears a later one already
        heard.closing = True
        try:
            if heard.start_sample == _NONE_OPEN or heard.start_sample < request.start_sample - _SAME_START_SAMPLES:
                await heard.session.discard()
                return None
            speech_end_sample = end_sample if request.speech_end_sample is None else request.speech_end_sample
            settled = heard.settled_upto_sample >= speech_end_sample  # only silence has come since
            if not settled and heard.upto_sample < end_sample:
                heard_bytes = max(0, heard.upto_sample - request.start_sample) * SAMPLE_BYTES
                await heard.session.feed(request.pcm[heard_bytes:])
            return await heard.session.commit(request.utterance_id, request.budget_s / 2)
        finally:
            await self._next(heard, end_sample)

    def _quiet(self) -> list[StreamId]:
        oldest_s = asyncio.get_running_loop().time() - self._quiet_close_s
        return [
            stream_id
            for stream_id, heard in self._streams.items()
            if heard.fed_at_s < oldest_s and not heard.turn.locked()
        ]

    async def end(self, stream_ids: Sequence[StreamId]) -> None:
        ended = [heard for stream_id in stream_ids if (heard := self._streams.pop(stream_id, None))]
        await asyncio.gather(*(heard.session.aclose() for heard in ended))

    def unclaimed(self) -> tuple[ProviderCalled, ...]:
        """See `realtime.LiveTranscriber.unclaimed`."""
        return self._live.unclaimed()

    async def aclose(self) -> None:
        await self.end(list(self._streams))
        await self._live.aclose()
