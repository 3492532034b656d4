"""Sends an open utterance's audio to a transcriber that listens along, as the gate lets it through.

Where the voice pauses the utterance may be over: then its text is asked for, and the closing silence is not sent. If
the voice goes on, so does the sending, from where it stopped.
"""

from configs.ingress import ConversationSettings
from pipeline.audio import AudioBuffer, samples_from_ms
from pipeline.conversation.pause import Pause
from pipeline.stages import Counter, GateReply, ListeningAlong, SpeechPart, StreamId


class Following:
    """One session's open utterance. `follow` after each reply of the gate, while its audio is still held."""

    def __init__(
        self,
        stream_id: StreamId,
        counter: Counter,
        audio: AudioBuffer,
        listener: ListeningAlong,
        settings: ConversationSettings,
    ) -> None:
        self._stream_id = stream_id
        self._counter = counter
        self._audio = audio
        self._listener = listener
        self._settings = settings
        self._pause = Pause(audio)
        self._utterance_start: int | None = None
        self._fed_upto = 0
        self._settled_upto = 0  # the text of everything before was asked for
        self._resting = False  # the end may have come: nothing is sent unless the voice goes on

    def follow(self, reply: GateReply) -> None:
        paused_samples = self._pause.follow(reply)
        since = reply.speech_since_sample
        if since != self._utterance_start:
            if self._utterance_start is not None and not reply.spans:
                self._feed(self._fed_upto, b"")  # a candidate that was no speech after all
            self._begin(since)
        if since is None:
            return
        if paused_samples is None:
            self._resting = False
            self._send_upto(self._audio.end_sample)
        elif not self._resting:
            self._send_upto(self._pause.heard_upto_sample)  # the text may be asked for up to here: in no word's middle
            if self._likely_over(paused_samples):
                self._settle()

    def _begin(self, since: int | None) -> None:
        self._utterance_start = since
        self._fed_upto = self._settled_upto = max(since or 0, self._audio.start_sample)
        self._resting = False

    def _send_upto(self, end_sample: int) -> None:
        if end_sample > self._fed_upto:
            self._feed(self._fed_upto, self._audio.cut(self._fed_upto, end_sample))
            self._fed_upto = end_sample

    def _likely_over(self, paused_samples: int) -> bool:
        """A pause after enough audio for a recogniser to make sense of."""
        settings = self._settings
        if settings.settle_after_ms is None or not self._pause.heard:
            return False
        long_enough = self._fed_upto - self._settled_upto >= samples_from_ms(settings.settle_least_ms)
        return long_enough and paused_samples >= samples_from_ms(settings.settle_after_ms)

    def _settle(self) -> None:
        self._feed(self._fed_upto, b"", settle_within_s=self._settings.utterance_deadline_s / 2)
        self._settled_upto = self._fed_upto
        self._resting = True

    def _feed(self, start_sample: int, pcm: bytes, settle_within_s: float | None = None) -> None:
        assert self._utterance_start is not None
        part = SpeechPart(
            self._stream_id,
            self._counter.balcao_id,
            self._utterance_start,
            start_sample,
            pcm,
            settle_within_s,
            self._counter.cliente_codigo,
        )
        self._listener.feed(part)

    def end(self) -> None:
        self._listener.end(self._stream_id)
