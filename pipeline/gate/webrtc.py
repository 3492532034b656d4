"""The engine without a model: noise suppression, WebRTC VAD, level."""

from collections.abc import Sequence

import numpy as np

from pipeline.gate.denoise import Denoiser
from pipeline.gate.evidence import Heard, Voice
from pipeline.gate.grid import FRAME_SAMPLES, Doubles, Pcm, Rows, grown
from pipeline.gate.level import NoiseFloor, frame_dbfs, frames_of
from pipeline.gate.voice import WebRtcVoice

OPEN_ABOVE_FLOOR_DB = 6.0
HOLD_ABOVE_FLOOR_DB = 3.0


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
        levels = frame_dbfs(frames_of(pcm))
        above = levels - (self._floor.dbfs[rows] + self._shift_db[rows])[:, None]
        self._floor.follow(rows, levels)
        opens, holds = above > OPEN_ABOVE_FLOOR_DB, above > HOLD_ABOVE_FLOOR_DB
        verdicts = [
            self._verdicts(row, start, pcm[i], opens[i].tolist(), holds[i].tolist(), levels[i].tolist())
            for i, (row, start) in enumerate(zip(rows.tolist(), starts, strict=True))
        ]
        return [[] if lead else heard for heard, lead in zip(verdicts, leading, strict=True)]

    def _verdicts(
        self, row: int, start: int, pcm: Pcm, opens: list[bool], holds: list[bool], levels: list[float]
    ) -> list[Heard]:
        denoiser, voice = self._parts[row]
        heard = []
        for i, voiced in enumerate(voice.hear(denoiser.clean(pcm))):
            verdict = Voice.NONE if not voiced else Voice.OPENS if opens[i] else Voice.HOLDS if holds[i] else Voice.NONE
            heard.append(Heard(start + (i + 1) * FRAME_SAMPLES, verdict, levels[i]))
        return heard
