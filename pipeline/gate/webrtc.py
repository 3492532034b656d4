"""The engine without a model: noise suppression, WebRTC VAD, level."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from pipeline.gate.denoise import Denoiser
from pipeline.gate.evidence import Heard, Voice
from pipeline.gate.grid import FRAME_SAMPLES, QUANTUM_SAMPLES, Pcm
from pipeline.gate.level import NoiseFloor, dbfs, frame_powers, frames_of
from pipeline.gate.voice import WebRtcVoice

OPEN_ABOVE_FLOOR_DB = 14.0  # both levels after suppression, which pushes noise down and leaves voice
HOLD_ABOVE_FLOOR_DB = 9.0


@dataclass(slots=True)
class Parts:
    """One stream's."""

    denoiser: Denoiser
    voice: WebRtcVoice
    floor: NoiseFloor
    shift_db: float

    def hear(self, start: int, clean: Pcm, powers: list[float]) -> list[Heard]:
        self.floor.follow(powers)
        levels, voiced = [dbfs(power) for power in powers], self.voice.hear(clean)
        ends = range(start + FRAME_SAMPLES, start + QUANTUM_SAMPLES + 1, FRAME_SAMPLES)
        found = [self._voice(*frame) for frame in zip(voiced, levels, strict=True)]
        return [Heard(*frame) for frame in zip(ends, found, levels, strict=True)]

    def _voice(self, voiced: bool, level_dbfs: float) -> Voice:
        above_db = level_dbfs - self.floor.dbfs - self.shift_db
        if not voiced or above_db <= HOLD_ABOVE_FLOOR_DB:
            return Voice.NONE
        return Voice.OPENS if above_db > OPEN_ABOVE_FLOOR_DB else Voice.HOLDS


class WebRtcEngine:
    step_samples = FRAME_SAMPLES
    votes = 3
    votes_of = 5
    onset_lag_samples = 0
    look_back_samples = 0

    def __init__(self) -> None:
        self._parts: dict[int, Parts] = {}

    def reserve(self, capacity: int) -> None:
        """Nothing is kept in rows."""

    def open(self, row: int, origin: int, shift_db: float, memory: Sequence[float] | None) -> None:
        self._parts[row] = Parts(Denoiser(), WebRtcVoice(), NoiseFloor(memory[0] if memory else None), shift_db)

    def close(self, row: int) -> None:
        del self._parts[row]

    def memory(self, row: int) -> list[float]:
        return [self._parts[row].floor.dbfs]

    def floor_dbfs(self, row: int) -> float:
        return self._parts[row].floor.dbfs

    def restart(self, row: int) -> None:
        """Nothing: suppression would have to settle again, and a replay's lead-in settles it well enough."""

    def hear(
        self, rows: Sequence[int], starts: Sequence[int], pcm: Pcm, holding: Sequence[bool], leading: Sequence[bool]
    ) -> list[list[Heard]]:
        parts = [self._parts[row] for row in rows]
        clean = np.stack([part.denoiser.clean(quantum) for part, quantum in zip(parts, pcm, strict=True)])
        powers: list[list[float]] = frame_powers(frames_of(clean)).tolist()
        heard = [part.hear(*rest) for part, *rest in zip(parts, starts, clean, powers, strict=True)]
        return [[] if lead else verdicts for lead, verdicts in zip(leading, heard, strict=True)]
