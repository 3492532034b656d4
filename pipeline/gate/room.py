"""What every stream knows of its room: the noise floor and how the noise swings, in level and in crispness.

Crispness is the level of the difference between neighbouring samples: a fan or hum has next to none of it and voice
has, while hiss has more of it than voice. What stands out of the noise on either scale is worth a closer look.
"""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from pipeline.gate.denoise import denoised
from pipeline.gate.grid import FRAME_SAMPLES, FRAMES, Doubles, Flags, Floats, Pcm, Rows
from pipeline.gate.level import NoiseFloors, NoiseSwings, dbfs, frames_of

SCALES = 2  # level, crispness
SUMMED = np.array([[FRAME_SAMPLES], [FRAME_SAMPLES - 1]], np.float32)  # of each, in a frame

STILL_POWER = 0.1  # crispness that rounding alone exceeds wherever anything moves: two frames without are no dropout


class Frames(NamedTuple):
    """Every frame of a quantum of each stream [n, FRAMES]."""

    levels_dbfs: Doubles
    excess_db: Doubles  # by how much it stands out of the noise, on the scale where it is most
    tilt_db: Doubles  # crispness against level of what is left when the noise is taken away


class Room:
    NUMBERS = 2 * SCALES  # of its memory

    def __init__(self) -> None:
        self._floors = NoiseFloors(SCALES)
        self._swings = NoiseSwings()

    def reserve(self, capacity: int) -> None:
        self._floors.reserve(capacity)
        self._swings.reserve(capacity)

    def open(self, row: int, memory: Sequence[float] | None) -> None:
        self._floors.open(row, memory[:SCALES] if memory else None)
        self._swings.open(row, memory[SCALES:] if memory else None)

    def memory(self, row: int) -> list[float]:
        """Floors, then swings."""
        return [*self._floors.memory(row), *self._swings.memory(row)]

    def floor_dbfs(self, row: int) -> float:
        return float(self._floors.of(np.array([row]))[0])

    def floors_dbfs(self, rows: Rows) -> Doubles:
        return self._floors.of(rows)

    def hear(self, rows: Rows, pcm: Pcm, busy: Flags) -> Doubles:
        """One quantum of each: by how many dB it stands out of the noise, less than 0 when it does not.

        `busy`: it says nothing about how the noise swings.
        """
        powers = _powers(pcm)
        powers.sort()
        muted = powers[:, -1, 1] < STILL_POWER
        levels = dbfs(powers)
        return self._swings.excess_db(rows, levels[..., -1] - self._floors.follow(rows, levels, muted), busy | muted)

    def frames(self, rows: Rows, pcm: Pcm, busy: Flags) -> Frames:
        """The same, frame by frame."""
        powers = _powers(pcm)
        muted = np.sort(powers[:, -1])[:, 1] < STILL_POWER
        levels = dbfs(powers)
        floors = self._floors.follow(rows, np.sort(levels), muted)
        rises_db = levels - floors[..., None]
        self._swings.excess_db(rows, np.maximum.reduce(rises_db, axis=2), busy | muted)
        beyond_db = rises_db - self._swings.of(rows)[..., None]
        left = denoised(powers, floors)
        tilt_db = 10 * np.log10(left[:, 1] / left[:, 0], dtype=np.float64)
        return Frames(levels[:, 0], np.maximum.reduce(beyond_db, axis=1), tilt_db)


def _powers(pcm: Pcm) -> Floats:
    """[n, SCALES, FRAMES]: mean squares of level and crispness."""
    frames = frames_of(pcm)
    changes = frames[..., 1:] - frames[..., :-1]
    powers = np.empty((len(pcm), SCALES, FRAMES), np.float32)
    np.vecdot(frames, frames, out=powers[:, 0])
    np.vecdot(changes, changes, out=powers[:, 1])
    powers /= SUMMED
    return powers
