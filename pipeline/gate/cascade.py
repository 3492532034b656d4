"""The engine with a model: WebRTC and level open a candidate, cheaply and generously; Silero says whether it is voice.

Only candidates reach the model, from a little before they opened and with a fresh state, and the candidates
of all counters go through it together. `silero` is the same engine with everything a candidate.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from pipeline.audio import samples_from_ms
from pipeline.gate.candidates import Candidates
from pipeline.gate.crowd import Crowd
from pipeline.gate.evidence import Heard, Voice
from pipeline.gate.grid import (
    FULL_SCALE,
    HOP_SAMPLES,
    QUANTUM_SAMPLES,
    Doubles,
    Flags,
    Floats,
    Pcm,
    Rows,
    grown,
)
from pipeline.gate.level import NoiseFloor, SpeechLevel, frame_dbfs, frames_of
from pipeline.gate.ring import AudioRing
from pipeline.gate.silero import CONTEXT_SAMPLES, Silero

VOICES = tuple(Voice)


@dataclass(frozen=True, slots=True)
class Tuning:
    """Where the model's log-odds count. Measured: docs/gate.md."""

    open_logit: float = -1.2  # a probability of 0.23
    hold_logit: float = -2.0  # 0.12
    faint_logit: float = -5.0  # this, or
    faint_above_floor_db: float = 10.0  # this, moves a beginning back
    cell_time_s: float = 3.0  # time constant with which the recurrent cell forgets
    logit_per_db: float = 0.1  # what a dB of VAD_ENERGY_THRESHOLD adds to the first three
    confident_logit: float = 4.0  # only such voice moves the gain
    look_back_ms: int = 500
    background_logit: float = -2.2  # 0.10: so much counts as voice when the background is judged


class CascadeEngine:
    step_samples = HOP_SAMPLES
    votes = 2
    votes_of = 3
    onset_lag_samples = samples_from_ms(100)

    def __init__(self, candidates: Candidates, tuning: Tuning) -> None:
        self._tuning = tuning
        self.look_back_samples = samples_from_ms(tuning.look_back_ms)
        self._candidates = candidates
        self._silero = Silero(leak=float(np.exp(-HOP_SAMPLES / samples_from_ms(1000 * tuning.cell_time_s))))
        self._ring = AudioRing()
        self._floor = NoiseFloor()
        self._speech = SpeechLevel()
        self._crowd = Crowd()
        self._shift_db: Doubles = np.zeros(0)
        self._origin = np.zeros(0, np.int64)
        self._next_hop = np.zeros(0, np.int64)  # the first that the model has not heard

    def reserve(self, capacity: int) -> None:
        for part in (self._candidates, self._silero, self._ring, self._floor, self._speech, self._crowd):
            part.reserve(capacity)
        for name in ("_shift_db", "_origin", "_next_hop"):
            setattr(self, name, grown(getattr(self, name), capacity))

    def open(self, row: int, origin: int, shift_db: float, memory: Sequence[float] | None) -> None:
        floor, speech, *crowd = memory if memory else (None, None)
        self._candidates.open(row)
        self._silero.reset(np.array([row]))
        self._ring.clear(row)
        self._floor.reset(row, floor)
        self._speech.reset(row, speech)
        self._crowd.reset(row, crowd)
        self._shift_db[row] = shift_db
        self._origin[row] = origin
        self._next_hop[row] = 0

    def close(self, row: int) -> None:
        self._candidates.close(row)

    def memory(self, row: int) -> list[float]:
        return [float(self._floor.dbfs[row]), float(self._speech.dbfs[row]), *self._crowd.memory(row)]

    def floor_dbfs(self, row: int) -> float:
        return float(self._floor.dbfs[row])

    def restart(self, row: int) -> None:
        self._candidates.open(row)
        self._crowd.settle(row)
        self._next_hop[row] = 0

    def hear(
        self, rows: Rows, starts: Sequence[int], pcm: Pcm, holding: Sequence[bool], leading: Sequence[bool]
    ) -> list[list[Heard]]:
        ats = np.array(starts, np.int64) - self._origin[rows]
        self._ring.write(rows, ats, pcm)
        levels = frame_dbfs(frames_of(pcm))
        self._floor.follow(rows, levels)
        verdicts: list[list[Heard]] = [[] for _ in starts]
        at = np.flatnonzero(~np.array(leading))
        rows, ats = rows[at], ats[at]
        active, fresh = self._candidates.consider(rows, pcm[at], np.array(holding)[at])
        firsts, counts = self._hops(rows, ats, active, fresh)
        if counts.any():
            self._confirm(rows, firsts, counts, at, verdicts)
        self._crowd.pause(rows[~active])
        return verdicts

    def _hops(self, rows: Rows, ats: Rows, active: Flags, fresh: Flags) -> tuple[Rows, Rows]:
        """(first, count) of the hops that the model is to hear now, per stream; a fresh candidate looks back."""
        end = (ats + QUANTUM_SAMPLES) // HOP_SAMPLES
        back = np.maximum((ats - self.look_back_samples) // HOP_SAMPLES, 0)
        if fresh.any():
            self._silero.reset(rows[fresh])
        firsts = np.where(fresh, np.maximum(self._next_hop[rows], back), self._next_hop[rows])
        self._next_hop[rows] = np.where(active, end, self._next_hop[rows])
        return firsts, np.where(active, end - firsts, 0)

    def _confirm(self, rows: Rows, firsts: Rows, counts: Rows, at: Rows, verdicts: list[list[Heard]]) -> None:
        """Ask the model about `counts` hops from `firsts` on and enter what it says into `verdicts`[`at`]."""
        has = np.flatnonzero(counts)
        streams, firsts, counts = rows[has], firsts[has], counts[has]
        begins = np.cumsum(counts) - counts  # where each stream's hops begin among all hops
        owner = np.repeat(np.arange(len(has)), counts)
        hops = firsts[owner] + np.arange(len(owner)) - begins[owner]
        windows = self._ring.windows(streams[owner], hops)
        levels = frame_dbfs(windows[:, CONTEXT_SAMPLES:])
        windows *= (self._speech.gain(streams) / FULL_SCALE).astype(np.float32)[owner, None]
        logits = self._silero.hear(streams, counts, windows)
        penalty = self._penalty(streams, begins, counts, logits, levels)
        voices = self._judge(streams[owner], logits - penalty[owner], levels)
        confident = logits > self._tuning.confident_logit
        self._speech.follow(streams[owner][confident], levels[confident])
        heard = np.maximum.reduceat(voices, begins) > Voice.NONE  # silence throughout needs no verdicts
        kept = heard[owner]
        ends = self._origin[streams[owner]] + (hops + 1) * HOP_SAMPLES
        told = (at[has[owner]], ends, voices, levels)
        for i, end, voice, level in zip(*(column[kept].tolist() for column in told), strict=True):
            verdicts[i].append(Heard(end, VOICES[voice], level))

    def _penalty(self, streams: Rows, begins: Rows, counts: Rows, logits: Floats, levels: Floats) -> Doubles:
        """What voice has to lose for not standing out of a crowd, per stream."""
        voiced = np.add.reduceat(logits > self._tuning.background_logit, begins, dtype=np.float64) / counts
        clear = np.add.reduceat(logits > self._tuning.confident_logit, begins, dtype=np.float64) / counts
        power = np.add.reduceat(10 ** (levels / 10), begins, dtype=np.float64) / counts
        return self._crowd.penalty(streams, voiced, clear, 10 * np.log10(power), self._floor.dbfs[streams])

    def _judge(self, rows: Rows, logits: Doubles, levels: Floats) -> Rows:
        """Voice for each hop, by number."""
        tuning = self._tuning
        evidence = logits - tuning.logit_per_db * self._shift_db[rows]
        faint = (evidence > tuning.faint_logit) | (levels > self._floor.dbfs[rows] + tuning.faint_above_floor_db)
        return np.where(evidence > tuning.hold_logit, Voice.HOLDS, faint) + (evidence > tuning.open_logit)
