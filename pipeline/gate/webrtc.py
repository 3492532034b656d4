"""The engine without a model: noise suppression, WebRTC VAD, level."""

from collections.abc import Sequence

import numpy as np

from pipeline.gate.denoise import Denoiser
from pipeline.gate.evidence import Heard, Voice
from pipeline.gate.grid import FRAME_SAMPLES, QUANTUM_SAMPLES, Doubles, Pcm, Rows, grown
from pipeline.gate.level import NoiseFloor, frame_dbfs, frames_of
from pipeline.gate.voice import WebRtcVoice

VOICES = tuple(Voice)
OPEN_ABOVE_FLOOR_DB = 14.0  # both levels after suppression, which pushes noise down and leaves voice
HOLD_ABOVE_FLOOR_DB = 9.0


class WebRtcEngine:
    step_samples = FRAME_SAMPLES
    votes = 3
    votes_of = 5
    onset_lag_samples = 0
    look_back_samples = 0

    def __init__(self) -> None:
        self._floor = NoiseFloor()
        self._shift_db: Doubles = np.zeros(0)
        self._parts: dict[int, tuple[Denoiser, WebRtcVoice]] = {}

    def reserve(self, capacity: int) -> None:
        self._floor.reserve(capacity)
        self._shift_db = grown(self._shift_db, capacity)

    def open(self, row: int, origin: int, shift_db: float, memory: Sequence[float] | None) -> None:
        self._floor.reset(row, memory[0] if memory else None)
        self._shift_db[row] = shift_db
        self._parts[row] = Denoiser(), WebRtcVoice()

    def close(self, row: int) -> None:
        del self._parts[row]

    def memory(self, row: int) -> list[float]:
        return [float(self._floor.dbfs[row])]

    def floor_dbfs(self, row: int) -> float:
        return float(self._floor.dbfs[row])

    def restart(self, row: int) -> None:
        """Nothing: suppression would have to settle again, and a replay's lead-in settles it well enough."""

    def hear(
        self, rows: Rows, starts: Sequence[int], pcm: Pcm, holding: Sequence[bool], leading: Sequence[bool]
    ) -> list[list[Heard]]:
        parts = [self._parts[row] for row in rows.tolist()]
        clean = np.stack([denoiser.clean(quantum) for (denoiser, _), quantum in zip(parts, pcm, strict=True)])
        levels = frame_dbfs(frames_of(clean))
        self._floor.follow(rows, levels)
        above = levels - (self._floor.dbfs[rows] + self._shift_db[rows])[:, None]
        voiced = np.array([voice.hear(quantum) for (_, voice), quantum in zip(parts, clean, strict=True)])
        opens, holds = above > OPEN_ABOVE_FLOOR_DB, above > HOLD_ABOVE_FLOOR_DB
        voices = np.where(voiced & holds, Voice.HOLDS + (voiced & opens), Voice.NONE)
        return [
            [] if lead else self._verdicts(start, *verdicts)
            for start, lead, *verdicts in zip(starts, leading, voices.tolist(), levels.tolist(), strict=True)
        ]

    def _verdicts(self, start: int, voices: list[int], levels: list[float]) -> list[Heard]:
        ends = range(start + FRAME_SAMPLES, start + QUANTUM_SAMPLES + 1, FRAME_SAMPLES)
        return [Heard(end, VOICES[v], level) for end, v, level in zip(ends, voices, levels, strict=True)]
