"""Level evidence: the noise floor, the noise's own swing and the speaker's level, followed without a veto of their own.

Trackers keep one row a stream and take the streams of a quantum together.
"""

import math
from collections.abc import Sequence

import numpy as np

from pipeline.gate.grid import (
    FRAME_SAMPLES,
    FULL_SCALE,
    FULL_SCALE_DB,
    Doubles,
    Flags,
    Floats,
    Pcm,
    Rows,
    constant,
    grown,
)

SILENCE_DBFS = -90.0  # nothing is quieter
SILENCE_POWER = FULL_SCALE**2 * 10 ** (SILENCE_DBFS / 10)  # in 16-bit units squared
_SILENCE_DBFS, _SILENCE_POWER = constant(SILENCE_DBFS), constant(SILENCE_POWER)
_TEN, _FULL_SCALE_DB = constant(10.0), constant(FULL_SCALE_DB)


def frames_of(pcm: Pcm) -> Floats:
    """`pcm` [streams, samples] as [streams, frames, FRAME_SAMPLES]."""
    return pcm.reshape(len(pcm), -1, FRAME_SAMPLES).astype(np.float32)


def frame_powers(frames: Floats) -> Floats:
    """Mean square of `frames` [..., samples], in 16-bit units squared."""
    powers: Floats = np.vecdot(frames, frames)
    powers /= frames.shape[-1]
    return powers


def dbfs(powers: Floats | Doubles) -> Doubles:
    """Mean squares in 16-bit units squared, as levels."""
    levels: Doubles = np.log10(np.maximum(powers, _SILENCE_POWER, dtype=np.float64))
    levels *= _TEN
    levels -= _FULL_SCALE_DB
    return levels


class NoiseFloors:
    """Of every stream, on one or more scales: fall fast, rise slowly, the level of the quieter frames lately.

    A muted microphone says nothing about the room, which is as loud as before when it is heard again.
    """

    FALL = 0.3  # of the difference per quantum, when it gets quieter
    RISE_DB = 0.15  # per quantum: 1.5 dB a second
    _FALL, _RISE_DB = constant(FALL), constant(RISE_DB)

    def __init__(self, scales: int) -> None:
        self._dbfs: Doubles = np.zeros((0, scales))

    def reserve(self, capacity: int) -> None:
        self._dbfs = grown(self._dbfs, capacity)

    def open(self, row: int, memory: Sequence[float] | None) -> None:
        self._dbfs[row] = math.nan if memory is None else memory  # nan: the first quantum not muted says

    def memory(self, row: int) -> list[float]:
        """dBFS on each scale."""
        told: list[float] = self._dbfs[row].tolist()
        return told

    def of(self, rows: Rows) -> Doubles:
        """On the first scale."""
        floors: Doubles = np.fmax(self._dbfs[:, 0].take(rows), _SILENCE_DBFS)
        return floors

    def follow(self, rows: Rows, levels: Doubles, muted: Flags) -> Doubles:
        """One quantum's frames [n, scales, frames], quietest first; the floors [n, scales] after it."""
        quiet = levels[..., 1]  # the second quietest: one dropout is not a floor
        before = self._dbfs.take(rows, axis=0)
        step = quiet - before
        step[muted] = 0.0
        floors: Doubles = before + np.minimum(np.maximum(step, self._FALL * step), self._RISE_DB)
        self._dbfs[rows] = floors
        if math.isnan(np.add.reduce(floors, axis=None)):
            floors = np.where(np.isnan(floors), quiet, floors)
            self._dbfs[rows[~muted]] = floors[~muted]
        return floors


class NoiseSwings:
    """How far the loudest frame of a quantum usually rises above the floor, on each scale, when nobody is heard.

    Hiss swings by a dB, a fan by several: one bound on the rise would be deaf in one or always open in the other.
    """

    STEP_DB = 0.05  # per quantum, up or down: the median
    _UP_DB, _DOWN_DB = constant(STEP_DB), constant(-STEP_DB)
    FIRST_DB = (2.0, 1.0)  # of level, of crispness
    MOST_DB = np.array([5.0, 2.0])  # where sounds of the shop swing more, speech need not

    def __init__(self) -> None:
        self._db: Doubles = np.zeros((0, len(self.MOST_DB)))

    def reserve(self, capacity: int) -> None:
        self._db = grown(self._db, capacity)

    def open(self, row: int, memory: Sequence[float] | None) -> None:
        self._db[row] = self.FIRST_DB if memory is None else memory

    def memory(self, row: int) -> list[float]:
        told: list[float] = self._db[row].tolist()
        return told

    def of(self, rows: Rows) -> Doubles:
        """On each scale."""
        return self._db.take(rows, axis=0)

    def excess_db(self, rows: Rows, rises_db: Doubles, busy: Flags) -> Doubles:
        """How much further than usual quanta rise, on the scale where it is most.

        `rises_db` [n, scales]: above the floor. Those of streams that are not `busy` say what is usual.
        """
        usual = self._db.take(rows, axis=0)
        beyond = rises_db - usual
        step = np.where(beyond > 0, self._UP_DB, self._DOWN_DB)
        step[busy] = 0.0
        self._db[rows] = np.minimum(usual + step, self.MOST_DB)
        excess: Doubles = np.maximum.reduce(beyond, axis=1)
        return excess


class SpeechLevels:
    """Of every speaker, from confident voice only: an open-loop gain would lift a crowd to a speaker's level."""

    TARGET_DBFS = -26.0
    FOLLOW = 0.05  # of the difference per confident hop
    MOST_GAIN_DB, LEAST_GAIN_DB = 30.0, -12.0

    def __init__(self) -> None:
        self._dbfs: Doubles = np.zeros(0)
        self._scales: Floats = np.zeros(0, np.float32)  # kept, because a level is asked for more often than it moves

    def reserve(self, capacity: int) -> None:
        self._dbfs, self._scales = grown(self._dbfs, capacity), grown(self._scales, capacity)

    def open(self, row: int, memory: float | None) -> None:
        self._put(np.array([row]), np.array([self.TARGET_DBFS if memory is None else memory]))

    def memory(self, row: int) -> float:
        return float(self._dbfs[row])

    def follow(self, rows: Rows, hops: Doubles, mean_dbfs: Doubles) -> None:
        """So many confident `hops` of each, and their mean level."""
        before = self._dbfs.take(rows)
        self._put(rows, before + (1 - (1 - self.FOLLOW) ** hops) * (mean_dbfs - before))

    def of(self, rows: Rows) -> Doubles:
        """dBFS."""
        return self._dbfs.take(rows)

    def scales(self, rows: Rows) -> Floats:
        """What 16-bit samples times this make is +-1 at full scale, with speakers at the level the model knows best."""
        return self._scales.take(rows)

    def _put(self, rows: Rows, levels_dbfs: Doubles) -> None:
        gains_db = np.minimum(np.maximum(self.TARGET_DBFS - levels_dbfs, self.LEAST_GAIN_DB), self.MOST_GAIN_DB)
        self._dbfs[rows], self._scales[rows] = levels_dbfs, 10 ** (gains_db / 20) / FULL_SCALE
