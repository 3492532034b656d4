"""One connected counter: its audio goes to the gate, its utterances to the transcriber, its text to `Attending`.

Single use: a conversation that has closed is never opened again.
"""

import asyncio
from contextlib import suppress
from dataclasses import dataclass, replace
from enum import Enum

from configs.ingress import ConversationSettings
from pipeline.audio import SAMPLE_RATE_HZ, AudioBuffer, samples_from_ms, seconds
from pipeline.conversation.account import AudioAccount
from pipeline.conversation.attending import Attending, Send
from pipeline.conversation.context import ConversationContext
from pipeline.conversation.following import Following
from pipeline.conversation.notes import EXPIRED, INTERRUPTED, Notes
from pipeline.conversation.speculation import Speculation
from pipeline.conversation.timeline import Timeline
from pipeline.ids import new_id
from pipeline.protocol import Feedback
from pipeline.redaction import redact
from pipeline.stages import (
    Counter,
    Gate,
    GateReply,
    Heard,
    ListeningAlong,
    Recommender,
    Recorder,
    SpeechSpan,
    StageFailed,
    Transcriber,
    Transcription,
    TranscriptionRequest,
)


class Phase(Enum):
    LISTENING = "listening"
    FINISHING = "finishing"  # no more audio; what is under way may end
    CLOSED = "closed"


_NEXT = {
    Phase.LISTENING: {Phase.FINISHING, Phase.CLOSED},
    Phase.FINISHING: {Phase.CLOSED},
    Phase.CLOSED: frozenset[Phase](),
}


class WrongPhase(RuntimeError):
    """The conversation was asked for something that its phase does not allow."""


class TooFarAhead(Exception):
    """The counter sends audio faster than real time."""


@dataclass(frozen=True, slots=True)
class Stages:
    gate: Gate
    transcriber: Transcriber
    recommender: Recommender
    recorder: Recorder
    listening_along: ListeningAlong | None = None


class Conversation:
    """Must be made and used on one event loop. `listen` and `deliver` never wait: a counter cannot hold up another."""

    def __init__(
        self,
        counter: Counter,
        version: int,
        stages: Stages,
        context: ConversationContext,
        send: Send,
        settings: ConversationSettings,
        replica: str,
    ) -> None:
        self.session_id = new_id()
        self._counter = counter
        self._settings = settings
        self._most_ahead_samples = samples_from_ms(settings.max_ahead_s * 1000)
        self._most_held_samples = samples_from_ms(settings.max_held_s * 1000)
        self._account_every_samples = samples_from_ms(settings.account_every_s * 1000)
        self._time = asyncio.get_running_loop().time
        self._began = self._arrived_at = self._time()
        self._phase = Phase.LISTENING
        self._audio = AudioBuffer()
        self._account = AudioAccount()
        self._utterances: dict[str, asyncio.Task[None]] = {}  # in order of speech
        self._last_text = ""
        ahead = settings.speculate and (stages.listening_along is None or settings.settle_after_ms is not None)
        self._speculation = self._speculate(stages) if ahead else None
        self._transcriber = self._speculation or stages.transcriber
        self._attending = Attending(
            self.session_id,
            counter,
            version,
            context,
            self._speculation or stages.recommender,
            stages.recorder,
            send,
            settings,
            self._session_s,
        )
        self._notes = Notes(self.session_id, counter, stages.recorder)
        self._notes.started(version, replica)
        listener = stages.listening_along
        self._following = listener and Following(self.session_id, counter, self._audio, listener, settings)
        options = replace(counter.options, followed=self._following is not None or self._speculation is not None)
        self._stream = stages.gate.open(self.session_id, self._audio, options, self.deliver)

    @property
    def phase(self) -> Phase:
        return self._phase

    # --- from the counter

    def listen(self, pcm: bytes) -> None:
        """Take a chunk of any length. Raises TooFarAhead past `max_ahead_s`; audio after the end is ignored."""
        if self._phase is not Phase.LISTENING:
            return
        audio, now = self._audio, self._time()
        if not audio.end_sample:
            self._began = now
        if audio.append(pcm):
            self._arrived_at = now
            if audio.end_sample - audio.start_sample > self._most_held_samples:
                self._bound_held_audio()
            self._stream.notify()
        if audio.end_sample > (now - self._began) * SAMPLE_RATE_HZ + self._most_ahead_samples:
            raise TooFarAhead(f"more than {self._settings.max_ahead_s:g} s of audio ahead of real time")

    def feedback(self, message: Feedback) -> None:
        self._notes.feedback(message)

    # --- from the gate

    def deliver(self, reply: GateReply) -> None:
        """Take the gate's decisions: cut and transcribe the utterances it closed, let go of audio it has done with."""
        if self._phase is Phase.CLOSED:
            return
        for span in reply.spans:
            self._take(span)
        if self._following:
            self._following.follow(reply)
        if self._speculation:
            self._speculation.follow(reply, self._last_text)
        quiet_upto = reply.replay_from_sample
        if quiet_upto - self._account.accounted_sample >= self._account_every_samples:
            self._discard(min(quiet_upto, self._audio.end_sample))
        self._audio.release_before(quiet_upto)

    def _take(self, span: SpeechSpan) -> None:
        utterance_id = new_id()
        timeline = self._timeline(span)
        entry = self._account.forward(span.start_sample, span.end_sample)
        self._notes.utterance(utterance_id, self._attending.conversation_id, span, entry, timeline)
        start_sample = max(span.start_sample, self._audio.start_sample)
        if len(self._utterances) >= self._settings.max_pending_utterances or start_sample >= span.end_sample:
            self._notes.not_transcribed(utterance_id, self._attending.conversation_id, EXPIRED)
            return
        request = TranscriptionRequest(
            session_id=self.session_id,
            utterance_id=utterance_id,
            balcao_id=self._counter.balcao_id,
            cliente_codigo=self._counter.cliente_codigo,
            pcm=self._audio.cut(start_sample, span.end_sample),
            start_sample=start_sample,
            speech_end_sample=span.speech_end_sample,
            budget_s=self._settings.utterance_deadline_s,
            previous_text=self._last_text,
        )
        before = next(reversed(self._utterances.values()), None)
        task = asyncio.create_task(self._transcribe(request, span, timeline, before), name=f"utterance {utterance_id}")
        self._utterances[utterance_id] = task
        task.add_done_callback(lambda _: self._utterances.pop(utterance_id, None))

    async def _transcribe(
        self,
        request: TranscriptionRequest,
        span: SpeechSpan,
        timeline: Timeline,
        before: asyncio.Task[None] | None,
    ) -> None:
        """Transcribe at once, but be heard in the order of speech."""
        result = await self._text_of(request)
        timeline.transcribed_at = self._time()
        timeline.add_provider_time(result.calls)
        if before is not None:
            await asyncio.wait([before])
        if isinstance(result, StageFailed):
            self._notes.transcription_failed(request.utterance_id, self._attending.conversation_id, result)
            return
        text = redact(result.text)
        heard = Heard(
            utterance_id=request.utterance_id,
            text=text,
            at_s=seconds(span.start_sample),
            end_s=seconds(span.end_sample),
        )
        if text:
            self._last_text = text
            self._attending.hear(heard, timeline)
        self._notes.transcribed(request.utterance_id, self._attending.conversation_id, result, text, timeline)

    async def _text_of(self, request: TranscriptionRequest) -> Transcription | StageFailed:
        try:
            async with asyncio.timeout(request.budget_s + 1.0):
                return await self._transcriber.transcribe(request)
        except TimeoutError:
            return StageFailed(category=EXPIRED, message="o transcritor não respondeu a tempo")

    # --- the end

    async def finish(self, reason: str, close_code: int | None, *, ask: bool) -> None:
        """Let open utterances and their text end within `finish_timeout_s`, then close.

        With `ask`, what is due is asked and shown too; without, the counter is gone and no answer would be seen.
        """
        self._enter(Phase.FINISHING)
        if not ask:
            await self._attending.close()
        with suppress(TimeoutError):
            async with asyncio.timeout(self._settings.finish_timeout_s):
                await self._stream.finish()
                while self._utterances:
                    await asyncio.wait(list(self._utterances.values()))
                if ask:
                    await self._attending.finish()
                if self._speculation:
                    await self._speculation.finish()
        await self.close(reason, close_code)

    async def close(self, reason: str, close_code: int | None) -> None:
        """End at once and account for all audio. What was not transcribed is recorded as interrompida."""
        self._enter(Phase.CLOSED)
        self._stream.close()
        if self._following:
            self._following.end()
        pending = dict(self._utterances)
        for task in pending.values():
            task.cancel()
        if pending:
            await asyncio.wait(list(pending.values()))
        await self._attending.close()
        if self._speculation:
            await self._speculation.close()
        for utterance_id in pending:
            self._notes.not_transcribed(utterance_id, self._attending.conversation_id, INTERRUPTED)
        self._discard(self._audio.end_sample)
        self._notes.ended(reason, close_code, self._account.total)

    # --- within

    def _enter(self, phase: Phase) -> None:
        if phase not in _NEXT[self._phase]:
            raise WrongPhase(f"{self._phase.value} cannot become {phase.value}")
        self._phase = phase

    def _speculate(self, stages: Stages) -> Speculation:
        return Speculation(
            self.session_id,
            self._counter,
            self._audio,
            stages.transcriber,
            stages.recommender,
            stages.recorder,
            self._settings,
            lambda heard: self._attending.foresee(heard),
            along=stages.listening_along is not None,
        )

    def _session_s(self) -> float:
        """Seconds since the first audio, the clock that samples tell too."""
        return self._time() - self._began

    def _bound_held_audio(self) -> None:
        before = self._audio.start_sample
        self._audio.release_before(self._audio.end_sample - self._most_held_samples)
        self._notes.audio_lost(seconds(self._audio.start_sample - before))

    def _timeline(self, span: SpeechSpan) -> Timeline:
        delivered_at = self._time()
        return Timeline(
            closing_silence_s=seconds(max(0, span.closed_at_sample - span.speech_end_sample)),
            closed_at=self._arrived_at - seconds(max(0, self._audio.end_sample - span.closed_at_sample)),
            delivered_at=delivered_at,
        )

    def _discard(self, upto_sample: int) -> None:
        start_sample = self._account.accounted_sample
        self._notes.discarded(start_sample, upto_sample, self._account.discard(upto_sample))
