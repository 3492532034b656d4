"""One counter's stream inside the gate: audio waiting for a whole quantum, its utterances, where a replay may start."""

from collections.abc import Sequence
from dataclasses import replace

from pipeline.gate.evidence import Heard
from pipeline.gate.grid import EPOCH_SAMPLES, QUANTUM_SAMPLES
from pipeline.gate.replay import Checkpoints, Memory, pack
from pipeline.gate.segmenter import Segmenter
from pipeline.gate.timing import Timing
from pipeline.gate.utterance import SegmenterState, Utterance
from pipeline.stages import GateReply, SpeechSpan, StreamId

QUANTUM_BYTES = QUANTUM_SAMPLES * 2
_new = tuple.__new__  # what the reply's own constructor does, after a call in Python for every stream and tick
REDELIVERY_TOLERANCE_SAMPLES = 3200  # a replayed utterance may end this much later and still be the same one


def clamped(span: SpeechSpan, last: int) -> SpeechSpan:
    ends = {name: min(getattr(span, name), last) for name in ("end_sample", "speech_end_sample", "closed_at_sample")}
    return replace(span, **ends)


class Stream:
    __slots__ = (
        "_followed",
        "_origin",
        "_spans",
        "_told",
        "checkpoints",
        "clipped",
        "consumed",
        "delivered_upto",
        "lead_until",
        "over",
        "pending",
        "row",
        "segmenter",
    )

    def __init__(
        self,
        row: int,
        origin: int,
        timing: Timing,
        patience: int,
        delivered_upto: int,
        known: Memory | None,
        followed: bool,
    ) -> None:
        self.row = row
        self._followed = followed
        self._origin = origin
        self.consumed = origin  # end of the audio heard
        self.clipped = 0  # samples at full scale since the last utterance ended
        self.pending: bytes | memoryview = b""  # less than a quantum, after a step
        self.segmenter = Segmenter(timing, origin, patience)
        self.delivered_upto = delivered_upto
        self.lead_until = origin + (EPOCH_SAMPLES if known else 0)  # a replay only listens from here on
        midst = known is not None and self.segmenter.go_on(known.midst)
        if delivered_upto <= self.lead_until:  # what was delivered is not heard again: nothing may reach back into it
            self.segmenter.forget_before(delivered_upto)
        self.checkpoints = Checkpoints(origin, pack(known) if known else b"", self.lead_until, midst)
        self._spans: list[SpeechSpan] = []
        self._told: tuple[int | None, int | None] = (None, None)  # where a replay may start, and what is open since
        self.over = False

    @property
    def end_sample(self) -> int:
        return self.consumed + len(self.pending) // 2

    def accept(self, start_sample: int, pcm: bytes | memoryview) -> bool:
        """Audio, of which what is known already is dropped; False, and nothing happens, when some is missing before.

        Whole quanta are heard before the caller's buffer goes; only what has to wait for more is copied.
        """
        known = (self.consumed - start_sample) * 2 + len(self.pending)
        if known < 0:
            return False
        fresh = pcm[known : len(pcm) & ~1] if known or len(pcm) & 1 else pcm
        if self.pending or len(fresh) % QUANTUM_BYTES:
            fresh = b"".join((self.pending, fresh))
        self.pending = fresh or b""  # an empty view would keep the whole tick's audio
        return True

    def take(self) -> bytes | memoryview:
        """The next quantum; only when `pending` holds one."""
        if len(self.pending) == QUANTUM_BYTES:
            quantum, self.pending = self.pending, b""
        else:
            quantum, self.pending = self.pending[:QUANTUM_BYTES], self.pending[QUANTUM_BYTES:]
        self.consumed += QUANTUM_SAMPLES
        return quantum

    def hear(self, verdicts: Sequence[Heard]) -> list[Utterance]:
        """The utterances that end in the quantum just taken."""
        if verdicts:
            return self.segmenter.hear_all(verdicts)
        ended = self.segmenter.pass_silence(self.consumed)
        return [ended] if ended else []

    def deliver(self, span: SpeechSpan) -> None:
        """Only what was not delivered before the stream was replayed; twice only what both sides of a cut share."""
        delivered, start = self.delivered_upto, span.start_sample
        shared = delivered - self.segmenter.timing.overlap
        if start >= delivered or start == shared:
            self._spans.append(span)
        elif span.end_sample > delivered + REDELIVERY_TOLERANCE_SAMPLES:  # begun before the cut, or in what was told
            self._spans.append(replace(span, start_sample=shared if start < shared else delivered))

    def end_at(self, sample: int) -> None:
        """The stream is over: nothing reaches past its last sample."""
        self.consumed, self.over = sample, True
        self._spans = [clamped(span, sample) for span in self._spans]

    @property
    def may_restart(self) -> bool:
        """At an epoch's end, between utterances."""
        return not self.segmenter.busy and self.checkpoints.restart_due(self.consumed)

    def reply(self, stream_id: StreamId) -> GateReply:
        """What to tell the ingress now; spans are told once."""
        segmenter = self.segmenter
        decided = self.consumed if self.over else max(segmenter.decided_upto(self.consumed), self._origin)
        spans: tuple[SpeechSpan, ...] = ()
        if self._spans:
            spans, self._spans = tuple(self._spans), []
        replay_from, memory = self.checkpoints.latest(decided)
        since = None if segmenter.state is SegmenterState.SILENT else max(segmenter.start, self._origin)
        closing = segmenter.state is SegmenterState.PAUSED
        (told_from, told_since), self._told = self._told, (replay_from, since)
        moved = replay_from != told_from
        news = moved or bool(spans) or since != told_since or (self._followed and since is not None)
        told = memory if moved else None
        return _new(GateReply, (stream_id, True, decided, replay_from, spans, since, closing, told, news))
