"""The engine with a model: WebRTC and level open a candidate, cheaply and generously; Silero says whether it is voice.

Only candidates reach the model, from a little before they opened and with a fresh state, and the candidates
of all counters go through it together. `silero` is the same engine with everything a candidate.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from pipeline.audio import samples_from_ms
from pipeline.gate.candidates import Candidates
from pipeline.gate.evidence import Heard, Voice
from pipeline.gate.grid import (
    EPOCH_SAMPLES,
    FULL_SCALE,
    HOP_SAMPLES,
    QUANTUM_SAMPLES,
    Doubles,
    Floats,
    Pcm,
    Rows,
    grown,
)
from pipeline.gate.level import NoiseFloor, SpeechLevel, frame_dbfs, frames_of
from pipeline.gate.silero import CONTEXT_SAMPLES, WINDOW_SAMPLES, Silero

VOICES = tuple(Voice)
RING_HOPS = EPOCH_SAMPLES // HOP_SAMPLES


@dataclass(frozen=True, slots=True)
class Tuning:
    """Where the model's log-odds count. Measured: docs/gate.md."""

    open_logit: float = -0.85  # a probability of 0.30
    hold_logit: float = -1.73  # 0.15
    cell_time_s: float = 3.0  # time constant with which the recurrent cell forgets
    logit_per_db: float = 0.1  # what a dB of VAD_ENERGY_THRESHOLD adds to both
    confident_logit: float = 4.0  # only such voice moves the gain
    look_back_ms: int = 500
    near_margin_db: float = 8.0  # where the background itself is voiced, voice must stand out this much
    near_logit_per_db: float = 0.5


class AudioRing:
    """The last 800 ms of every stream, DC-free, addressed by hops counted from the stream's origin."""

    def __init__(self) -> None:
        self._pcm: Pcm = np.zeros((0, EPOCH_SAMPLES), np.int16)

    def reserve(self, capacity: int) -> None:
        self._pcm = grown(self._pcm, capacity)

    def clear(self, row: int) -> None:
        self._pcm[row] = 0

    def write(self, rows: Rows, ats: Rows, pcm: Pcm) -> None:
        slots = ats % EPOCH_SAMPLES // QUANTUM_SAMPLES
        self._pcm.reshape(len(self._pcm), -1, QUANTUM_SAMPLES)[rows, slots] = pcm

    def windows(self, rows: Rows, hops: Rows) -> Floats:
        """[n, 576]: the hop `hops[i]` of `rows[i]` behind its context, in 16-bit units."""
        by_hop = self._pcm.reshape(len(self._pcm), RING_HOPS, HOP_SAMPLES)
        windows = np.empty((len(rows), WINDOW_SAMPLES), np.float32)
        windows[:, CONTEXT_SAMPLES:] = by_hop[rows, hops % RING_HOPS]
        windows[:, :CONTEXT_SAMPLES] = by_hop[rows, (hops - 1) % RING_HOPS, -CONTEXT_SAMPLES:]
        return windows


class CascadeEngine:
    step_samples = HOP_SAMPLES
    votes = 2
    votes_of = 3
    warm_up_samples = samples_from_ms(1600)

    def __init__(self, candidates: Candidates, tuning: Tuning) -> None:
        self._tuning = tuning
        self.look_back_samples = samples_from_ms(tuning.look_back_ms)
        self._candidates = candidates
        self._silero = Silero(leak=float(np.exp(-HOP_SAMPLES / samples_from_ms(1000 * tuning.cell_time_s))))
        self._ring = AudioRing()
        self._floor = NoiseFloor()
        self._speech = SpeechLevel()
        self._voiced_floor: Doubles = np.zeros(0)  # 0..1: how voiced the background itself sounds
        self._shift_db: Doubles = np.zeros(0)
        self._origin = np.zeros(0, np.int64)
        self._next_hop = np.zeros(0, np.int64)  # the first that the model has not heard

    def reserve(self, capacity: int) -> None:
        for part in (self._candidates, self._silero, self._ring, self._floor, self._speech):
            part.reserve(capacity)
        for name in ("_voiced_floor", "_shift_db", "_origin", "_next_hop"):
            setattr(self, name, grown(getattr(self, name), capacity))

    def open(self, row: int, origin: int, shift_db: float, memory: Sequence[float] | None) -> None:
        floor, speech, voiced = memory if memory else (None, None, 0.0)
        self._candidates.open(row)
        self._silero.reset(np.array([row]))
        self._ring.clear(row)
        self._floor.reset(row, floor)
        self._speech.reset(row, speech)
        self._voiced_floor[row] = voiced
        self._shift_db[row] = shift_db
        self._origin[row] = origin
        self._next_hop[row] = 0

    def close(self, row: int) -> None:
        self._candidates.close(row)

    def memory(self, row: int) -> list[float]:
        return [float(self._floor.dbfs[row]), float(self._speech.dbfs[row]), float(self._voiced_floor[row])]

    def floor_dbfs(self, row: int) -> float:
        return float(self._floor.dbfs[row])

    def hear(self, rows: Rows, starts: Sequence[int], pcm: Pcm, holding: Sequence[bool]) -> list[list[Heard]]:
        ats = np.array(starts, np.int64) - self._origin[rows]
        self._ring.write(rows, ats, pcm)
        levels = frame_dbfs(frames_of(pcm))
        self._floor.follow(rows, levels)
        active, fresh = self._candidates.consider(rows, pcm, levels, np.array(holding))
        firsts, counts = self._hops(rows, ats, active, fresh)
        verdicts: list[list[Heard]] = [[] for _ in starts]
        if counts.any():
            self._confirm(rows, firsts, counts, verdicts)
        self._voiced_floor[rows[~active]] *= 0.98
        return verdicts

    def _hops(self, rows: Rows, ats: Rows, active: Rows, fresh: Rows) -> tuple[Rows, Rows]:
        """(first, count) of the hops that the model is to hear now, per stream; a fresh candidate looks back."""
        end = (ats + QUANTUM_SAMPLES) // HOP_SAMPLES
        back = np.maximum((ats - self.look_back_samples) // HOP_SAMPLES, 0)
        if fresh.any():
            self._silero.reset(rows[fresh])
        firsts = np.where(fresh, np.maximum(self._next_hop[rows], back), self._next_hop[rows])
        self._next_hop[rows] = np.where(active, end, self._next_hop[rows])
        return firsts, np.where(active, end - firsts, 0)

    def _confirm(self, rows: Rows, firsts: Rows, counts: Rows, verdicts: list[list[Heard]]) -> None:
        has = np.flatnonzero(counts)
        owners, counts, firsts = rows[has], counts[has], firsts[has]
        each = np.repeat(np.arange(len(owners)), counts)
        hops = firsts[each] + np.arange(len(each)) - (np.cumsum(counts) - counts)[each]
        windows = self._ring.windows(owners[each], hops)
        levels = frame_dbfs(windows[:, CONTEXT_SAMPLES:])
        windows *= (self._speech.gain(owners) / FULL_SCALE).astype(np.float32)[each, None]
        logits = self._silero.hear(owners, counts, windows)
        voices = self._judge(owners[each], logits, levels)
        self._learn(owners, counts, owners[each], logits, levels)
        ends = self._origin[owners[each]] + (hops + 1) * HOP_SAMPLES
        rows_of = has[each].tolist()
        for i, end, voice, level in zip(rows_of, ends.tolist(), voices.tolist(), levels.tolist(), strict=True):
            verdicts[i].append(Heard(end, VOICES[voice], level))

    def _judge(self, rows: Rows, logits: Floats, levels: Floats) -> Rows:
        """Voice.NONE, HOLDS or OPENS for each hop."""
        tuning = self._tuning
        near = np.clip((self._voiced_floor[rows] - 0.3) / 0.3, 0, 1)
        short_db = np.maximum(0, tuning.near_margin_db - (levels - self._floor.dbfs[rows]))
        evidence = logits - near * tuning.near_logit_per_db * short_db - tuning.logit_per_db * self._shift_db[rows]
        return np.where(evidence > tuning.open_logit, 2, np.where(evidence > tuning.hold_logit, 1, 0))

    def _learn(self, owners: Rows, counts: Rows, rows: Rows, logits: Floats, levels: Floats) -> None:
        """The speaker's level, from confident voice; how voiced the floor is, from what lies near it."""
        confident = logits > self._tuning.confident_logit
        if confident.any():
            self._speech.follow(rows[confident], levels[confident])
        low = levels < self._floor.dbfs[rows] + 4.0
        voiced = 1 / (1 + np.exp(-logits[low]))
        np.add.at(self._voiced_floor, rows[low], 0.02 * (voiced - self._voiced_floor[rows[low]]))
