"""The engine without a model: noise suppression, WebRTC VAD, level."""

from collections.abc import Sequence

import numpy as np

from pipeline.gate.denoise import Denoiser
from pipeline.gate.evidence import Heard, Voice
from pipeline.gate.grid import FRAME_SAMPLES, QUANTUM_SAMPLES, Counts, Doubles, Flags, Pcm, Rows, grown
from pipeline.gate.level import NoiseFloors, dbfs, frame_powers, frames_of
from pipeline.gate.voice import WebRtcVoice

OPEN_ABOVE_FLOOR_DB = 14.0  # both levels after suppression, which pushes noise down and leaves voice
HOLD_ABOVE_FLOOR_DB = 9.0
ENDS = range(FRAME_SAMPLES, QUANTUM_SAMPLES + 1, FRAME_SAMPLES)  # of a quantum's frames


class WebRtcEngine:
    step_samples = FRAME_SAMPLES
    votes = 3
    votes_of = 5
    onset_lag_samples = 0
    look_back_samples = 0
    tells_pauses = False

    def __init__(self) -> None:
        self._parts: dict[int, tuple[Denoiser, WebRtcVoice]] = {}
        self._floors = NoiseFloors(scales=1)
        self._shift_db: Doubles = np.zeros(0)

    def reserve(self, capacity: int) -> None:
        self._floors.reserve(capacity)
        self._shift_db = grown(self._shift_db, capacity)

    def open(self, row: int, origin: int, shift_db: float, memory: Sequence[float] | None) -> None:
        self._parts[row] = Denoiser(), WebRtcVoice()
        self._floors.open(row, memory if memory and len(memory) == 1 else None)
        self._shift_db[row] = shift_db

    def close(self, row: int) -> None:
        del self._parts[row]

    def memory(self, row: int) -> list[float]:
        return self._floors.memory(row)

    def floor_dbfs(self, row: int) -> float:
        return self._floors.memory(row)[0]

    def restart(self, row: int) -> None:
        """Nothing: suppression would have to settle again, and a replay's lead-in settles it well enough."""

    def hear(self, rows: Rows, starts: Counts, pcm: Pcm, holding: Flags, leading: Flags) -> dict[int, list[Heard]]:
        parts = [self._parts[row] for row in rows.tolist()]
        clean = np.stack([denoiser.clean(quantum) for (denoiser, _), quantum in zip(parts, pcm, strict=True)])
        voiced = np.array([voice.hear(quantum) for (_, voice), quantum in zip(parts, clean, strict=True)])
        levels = dbfs(frame_powers(frames_of(clean)))
        floors = self._floors.follow(rows, np.sort(levels)[:, None])
        above_db = levels - floors - self._shift_db[rows][:, None]
        voices = (voiced & (above_db > HOLD_ABOVE_FLOOR_DB)) * int(Voice.HOLDS)
        voices[voiced & (above_db > OPEN_ABOVE_FLOOR_DB)] = Voice.OPENS
        told = zip(starts.tolist(), voices.tolist(), levels.tolist(), strict=True)
        return {
            place: [Heard(start + end, Voice(kind), level) for end, kind, level in zip(ENDS, kinds, dbs, strict=True)]
            for place, (start, kinds, dbs) in enumerate(told)
            if not leading[place]
        }
