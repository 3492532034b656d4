"""The engine with a model: WebRTC and level open a candidate, cheaply and generously; Silero says whether it is voice.

Only candidates reach the model, from a little before they opened and with a fresh state, and the candidates
of all counters go through it together. `silero` is the same engine with everything a candidate.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from pipeline.audio import samples_from_ms
from pipeline.gate.candidates import Candidate
from pipeline.gate.ear import LOOK_BACK_SAMPLES, Ear
from pipeline.gate.evidence import Heard
from pipeline.gate.grid import FULL_SCALE, HOP_SAMPLES, Pcm
from pipeline.gate.level import frame_powers, frames_of
from pipeline.gate.ring import AudioRing
from pipeline.gate.silero import CONTEXT_SAMPLES, Silero

CELL_TIME_MS = 3000  # time constant with which the recurrent cell forgets


@dataclass(frozen=True, slots=True)
class Question:
    """Hops of one stream that the model is to hear now."""

    place: int  # of the stream in the quantum
    row: int
    ear: Ear
    hops: range


class CascadeEngine:
    step_samples = HOP_SAMPLES
    votes = 2
    votes_of = 3
    onset_lag_samples = samples_from_ms(100)
    look_back_samples = LOOK_BACK_SAMPLES

    def __init__(self, candidate: Callable[[], Candidate]) -> None:
        self._candidate = candidate
        self._silero = Silero(leak=float(np.exp(-HOP_SAMPLES / samples_from_ms(CELL_TIME_MS))))
        self._ring = AudioRing()
        self._ears: dict[int, Ear] = {}

    def reserve(self, capacity: int) -> None:
        self._silero.reserve(capacity)
        self._ring.reserve(capacity)

    def open(self, row: int, origin: int, shift_db: float, memory: Sequence[float] | None) -> None:
        self._ring.clear(row)
        self._ears[row] = Ear(self._candidate, origin, shift_db, memory or ())

    def close(self, row: int) -> None:
        del self._ears[row]

    def memory(self, row: int) -> list[float]:
        return self._ears[row].memory()

    def floor_dbfs(self, row: int) -> float:
        return self._ears[row].floor.dbfs

    def restart(self, row: int) -> None:
        self._ears[row].restart()

    def hear(
        self, rows: Sequence[int], starts: Sequence[int], pcm: Pcm, holding: Sequence[bool], leading: Sequence[bool]
    ) -> list[list[Heard]]:
        ears = [self._ears[row] for row in rows]
        self._ring.write(rows, [start - ear.origin for start, ear in zip(starts, ears, strict=True)], pcm)
        powers: list[list[float]] = frame_powers(frames_of(pcm)).tolist()
        for ear, quantum in zip(ears, powers, strict=True):
            ear.floor.follow(quantum)
        questions = [
            Question(i, rows[i], ear, hops)
            for i, ear in enumerate(ears)
            if not leading[i] and (hops := ear.attend(starts[i], pcm[i], holding[i]))
        ]
        verdicts: list[list[Heard]] = [[] for _ in rows]
        if questions:
            self._ask(questions, verdicts)
        return verdicts

    def _ask(self, questions: list[Question], verdicts: list[list[Heard]]) -> None:
        """Ask the model, for all streams at once, and enter what follows from its answers into `verdicts`."""
        rows, counts = [question.row for question in questions], [len(question.hops) for question in questions]
        owners = [question.row for question in questions for _ in question.hops]
        windows = self._ring.windows(owners, [hop for question in questions for hop in question.hops])
        powers: list[float] = frame_powers(windows[:, CONTEXT_SAMPLES:]).tolist()
        gains = np.array([question.ear.speech.gain() / FULL_SCALE for question in questions], np.float32)
        windows *= (gains if len(questions) == 1 else gains.repeat(counts))[:, None]
        self._silero.reset([question.row for question in questions if question.ear.fresh])
        logits: list[float] = self._silero.hear(rows, counts, windows).tolist()
        first = 0
        for question, count in zip(questions, counts, strict=True):
            told = slice(first, first + count)
            verdicts[question.place] = question.ear.judge(question.hops, logits[told], powers[told])
            first += count
