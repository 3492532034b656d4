"""What the cascade keeps of one stream, and how the model's answers become verdicts.

Plain numbers, not arrays over all streams: a few dozen operations a quantum are no dearer that way for many
streams, and many times cheaper for a few.
"""

from collections.abc import Callable, Sequence

from pipeline.audio import samples_from_ms
from pipeline.gate.candidates import Candidate
from pipeline.gate.crowd import Crowd
from pipeline.gate.evidence import Heard, Voice
from pipeline.gate.grid import HOP_SAMPLES, QUANTUM_SAMPLES, Pcm
from pipeline.gate.level import NoiseFloor, SpeechLevel, dbfs

# Where the model's log-odds count. Measured: docs/gate.md.
OPEN_LOGIT = -1.2  # a probability of 0.23
HOLD_LOGIT = -2.0  # 0.12
FAINT_LOGIT = -5.0  # this, or
FAINT_ABOVE_FLOOR_DB = 10.0  # this, moves a beginning back
BACKGROUND_LOGIT = -2.2  # 0.10: so much counts as voice when the background is judged
CONFIDENT_LOGIT = 4.0  # only such voice moves the gain
LOGIT_PER_DB = 0.1  # what a dB of VAD_ENERGY_THRESHOLD adds to the first three
LOOK_BACK_SAMPLES = samples_from_ms(500)  # a fresh candidate begins this long ago
NOTHING = range(0)


class Ear:
    __slots__ = (
        "_candidate",
        "_make",
        "_next_hop",
        "_shift",
        "crowd",
        "floor",
        "fresh",
        "listening",
        "origin",
        "speech",
    )

    def __init__(self, make: Callable[[], Candidate], origin: int, shift_db: float, memory: Sequence[float]) -> None:
        """`memory`: what `memory()` gave before, if this is a replay."""
        floor, speech, *crowd = memory or (None, None)
        self.origin = origin
        self.floor = NoiseFloor(floor)
        self.speech = SpeechLevel(speech)
        self.crowd = Crowd([share for share in crowd if share is not None])
        self.listening = False  # a candidate is open
        self.fresh = False  # and has just begun
        self._make = make
        self._candidate = make()
        self._next_hop = 0  # the first that the model has not heard
        self._shift = LOGIT_PER_DB * shift_db

    def memory(self) -> list[float]:
        return [self.floor.dbfs, self.speech.dbfs, *self.crowd.memory()]

    def restart(self) -> None:
        """Forget what `memory` does not carry."""
        self._candidate = self._make()
        self.listening = False
        self.crowd.settle()
        self._next_hop = 0

    def attend(self, start: int, pcm: Pcm, holding: bool) -> range:
        """Hops, counted from the origin, that the model is to hear after the quantum at `start`."""
        before, self.listening = self.listening, self._candidate.open_after(pcm, holding)
        self.fresh = self.listening and not before
        if not self.listening:
            self.crowd.pause()
            return NOTHING
        at = start - self.origin
        first, self._next_hop = self._next_hop, (at + QUANTUM_SAMPLES) // HOP_SAMPLES
        if self.fresh:
            first = max(first, (at - LOOK_BACK_SAMPLES) // HOP_SAMPLES, 0)
        return range(first, self._next_hop)

    def judge(self, hops: range, logits: list[float], powers: list[float]) -> list[Heard]:
        """The model's log-odds and the mean squares of `hops`; nothing when there was no voice at all."""
        levels = [dbfs(power) for power in powers]
        lowered = self._penalty(logits, powers) + self._shift
        if max(logits) - lowered <= FAINT_LOGIT and max(levels) <= self.floor.dbfs + FAINT_ABOVE_FLOOR_DB:
            return []
        for logit, level in zip(logits, levels, strict=True):
            if logit > CONFIDENT_LOGIT:
                self.speech.follow(level)
        end = self.origin + hops.start * HOP_SAMPLES
        return [
            Heard(end := end + HOP_SAMPLES, self._voice(logit - lowered, level), level)
            for logit, level in zip(logits, levels, strict=True)
        ]

    def _voice(self, evidence: float, level_dbfs: float) -> Voice:
        if evidence > OPEN_LOGIT:
            return Voice.OPENS
        if evidence > HOLD_LOGIT:
            return Voice.HOLDS
        faint = evidence > FAINT_LOGIT or level_dbfs > self.floor.dbfs + FAINT_ABOVE_FLOOR_DB
        return Voice.FAINT if faint else Voice.NONE

    def _penalty(self, logits: list[float], powers: list[float]) -> float:
        """What voice has to lose for not standing out of a crowd."""
        count = len(logits)
        voiced = [logit for logit in logits if logit > BACKGROUND_LOGIT]
        clear = [logit for logit in voiced if logit > CONFIDENT_LOGIT]
        return self.crowd.penalty(len(voiced) / count, len(clear) / count, sum(powers) / count, self.floor.dbfs)
