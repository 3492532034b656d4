"""What a conversation tells the record about its audio and its transcripts."""

from pipeline.conversation.account import Entry
from pipeline.conversation.timeline import Timeline
from pipeline.events import ErrorNoted, FeedbackGiven, SessionEnded, SessionStarted, Transcribed, UtteranceHeard
from pipeline.protocol import Feedback
from pipeline.redaction import redact
from pipeline.stages import Counter, Recorder, SpeechSpan, StageFailed, Transcription

EXPIRED = "expirada"  # too late, too many waiting, or its audio gone: dropped, never queued for minutes
INTERRUPTED = "interrompida"  # the session ended first


class Notes:
    """Turns what happened in one session into events, and hands them to the recorder without waiting."""

    def __init__(self, session_id: str, counter: Counter, recorder: Recorder) -> None:
        self._session_id = session_id
        self._counter = counter
        self._recorder = recorder

    def started(self, version: int, replica: str) -> None:
        self._recorder.note(
            [
                SessionStarted(
                    session_id=self._session_id,
                    balcao_id=self._counter.balcao_id,
                    cliente_codigo=self._counter.cliente_codigo,
                    protocol_version=version,
                    replica=replica,
                )
            ]
        )

    def ended(self, reason: str, close_code: int | None, total: Entry) -> None:
        self._recorder.note(
            [
                SessionEnded(
                    session_id=self._session_id,
                    reason=reason,
                    close_code=close_code,
                    received_s=total.received_s,
                    forwarded_s=total.forwarded_s,
                    discarded_s=total.discarded_s,
                )
            ]
        )

    def utterance(
        self, utterance_id: str, conversation_id: str, span: SpeechSpan, entry: Entry, timeline: Timeline
    ) -> None:
        self._recorder.note(
            [
                UtteranceHeard(
                    session_id=self._session_id,
                    utterance_id=utterance_id,
                    conversation_id=conversation_id,
                    start_sample=span.start_sample,
                    end_sample=span.end_sample,
                    received_s=entry.received_s,
                    forwarded_s=entry.forwarded_s,
                    discarded_s=entry.discarded_s,
                    continues=span.continues,
                    closing_silence_ms=timeline.closing_silence_s * 1000,
                    gate_ms=(timeline.delivered_at - timeline.closed_at) * 1000,
                    noise_dbfs=span.noise_dbfs,
                    speech_dbfs=span.speech_dbfs,
                    snr_db=span.snr_db,
                    clipped_fraction=span.clipped_fraction,
                    dc_offset=span.dc_offset,
                    engine=span.engine,
                )
            ]
        )

    def discarded(self, start_sample: int, end_sample: int, entry: Entry) -> None:
        """Audio with no utterance in it."""
        if not entry.received_s:
            return
        self._recorder.note(
            [
                UtteranceHeard(
                    session_id=self._session_id,
                    utterance_id=None,
                    conversation_id=None,
                    start_sample=start_sample,
                    end_sample=end_sample,
                    received_s=entry.received_s,
                    forwarded_s=entry.forwarded_s,
                    discarded_s=entry.discarded_s,
                )
            ]
        )

    def transcribed(
        self, utterance_id: str, conversation_id: str, result: Transcription, text: str, timeline: Timeline
    ) -> None:
        """`text` is redacted already."""
        transcribed = Transcribed(
            utterance_id=utterance_id,
            session_id=self._session_id,
            conversation_id=conversation_id,
            provider=result.provider,
            model=result.model,
            text=text,
            removed=tuple(map(redact, result.removed)),
            language=result.language,
            confidence=result.confidence,
            words=result.words,
            latency_ms=((timeline.transcribed_at or timeline.delivered_at) - timeline.delivered_at) * 1000,
        )
        self._recorder.note([*result.calls, transcribed])

    def transcription_failed(self, utterance_id: str, conversation_id: str, failed: StageFailed) -> None:
        self._recorder.note(failed.calls)
        self.not_transcribed(utterance_id, conversation_id, failed.category)
        if failed.category != EXPIRED:
            self._error("transcriber", failed.category, failed.message, failed.alert, utterance_id)

    def not_transcribed(self, utterance_id: str, conversation_id: str, failure: str) -> None:
        self._recorder.note(
            [
                Transcribed(
                    utterance_id=utterance_id,
                    session_id=self._session_id,
                    conversation_id=conversation_id,
                    provider="",
                    model="",
                    text="",
                    failure=failure,
                )
            ]
        )

    def feedback(self, message: Feedback) -> None:
        self._recorder.note(
            [
                FeedbackGiven(
                    interaction_id=message.id_interacao, session_id=self._session_id, resultado=message.resultado
                )
            ]
        )

    def audio_lost(self, lost_s: float) -> None:
        self._error("gate", "audio_perdido", f"{lost_s:.1f} s de áudio descartados sem decisão do portão", alert=True)

    def _error(self, component: str, kind: str, message: str, alert: bool, utterance_id: str | None = None) -> None:
        self._recorder.note(
            [
                ErrorNoted(
                    component=component,
                    kind=kind,
                    message=message,
                    session_id=self._session_id,
                    utterance_id=utterance_id,
                    alert=alert,
                )
            ]
        )
