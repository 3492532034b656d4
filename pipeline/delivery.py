"""How far one stream's audio was sent to a gate replica, decided by it and delivered: nothing lost, nothing twice.

A replica may be new, moved away from, or gone. Whatever happened, audio is sent again from the last replay point
that a replica gave, with an opening that says what was delivered already, and decisions carry on from there.
"""

from pipeline.audio import SAMPLE_BYTES, AudioBuffer, samples_from_ms
from pipeline.stages import GateReply, SpeechSpan, StreamId, StreamOpening, StreamOptions, StreamTick

STEP_SAMPLES = samples_from_ms(100)  # what gates advance by: less is not worth a tick
# A fresh gate ends an utterance within 30 ms of where the first one did; closer than this is the same utterance.
_SAME_END_SAMPLES = samples_from_ms(100)


class Delivery:
    """One stream's offsets. `audio` must still hold everything from `replay_from_sample` on."""

    __slots__ = (
        "_audio",
        "_delivered_upto",
        "_memory",
        "_opened",
        "_options",
        "_replay_from",
        "_sent_upto",
        "_stream_id",
        "rewinds",
        "speaking",
    )

    def __init__(self, stream_id: StreamId, audio: AudioBuffer, options: StreamOptions) -> None:
        self._stream_id = stream_id
        self._audio = audio
        self._options = options
        self._opened = False
        self._sent_upto = 0
        self._replay_from = 0
        self._memory = b""  # what the gate knew at the replay point
        self._delivered_upto = 0
        self.rewinds = 0  # a reply to a tick from before the last one is void: that audio is decided again
        self.speaking = False  # an utterance is open

    @property
    def due(self) -> bool:
        """A step or more waits to be sent."""
        return self._audio.end_sample - self._sent_upto >= STEP_SAMPLES

    def rewind(self) -> None:
        """The replica is new to the stream, or what it did with the last tick is not known: send again, reopened."""
        self._opened = False
        self._sent_upto = self._replay_from
        self.rewinds += 1

    def next_tick(self, most_bytes: int, final: bool) -> StreamTick:
        """The whole steps not sent yet, up to `most_bytes`; with `final`, what is left too, honoured at the end."""
        audio, start = self._audio, self._sent_upto
        if start < audio.start_sample:  # audio was dropped undecided: the replica has to begin anew
            start, self._opened = audio.start_sample, False
        waiting, most = audio.end_sample - start, most_bytes // SAMPLE_BYTES
        if not final:
            waiting -= waiting % STEP_SAMPLES
        self._sent_upto = end = start + (waiting if waiting < most else most)
        opening = None if self._opened else StreamOpening(self._options, self._delivered_upto, self._memory)
        self._opened = True
        return StreamTick(self._stream_id, start, audio.cut(start, end), opening, final and end == audio.end_sample)

    def take(self, reply: GateReply) -> GateReply | None:
        """The reply with only what is new in it; None when the replica did not know the stream (rewound then)."""
        if not reply.known:
            self.rewind()
            return None
        if reply.memory is not None and reply.replay_from_sample >= self._replay_from:
            self._replay_from, self._memory = reply.replay_from_sample, reply.memory
        self.speaking = reply.speech_since_sample is not None
        if not reply.spans:
            return reply
        return reply._replace(spans=tuple(span for found in reply.spans if (span := self._undelivered(found))))

    def _undelivered(self, span: SpeechSpan) -> SpeechSpan | None:
        if span.end_sample <= self._delivered_upto + (_SAME_END_SAMPLES if self._delivered_upto else 0):
            return None
        self._delivered_upto = span.end_sample
        return span
