"""A crowd is voice that never pauses and hardly changes in level: then only what stands out of it is heard.

A model hears other customers as well as this one. What tells them apart: a conversation pauses, so voice all
the time is a background; the model is sure of one talker most of the time, also in noise, and of a mixture of
talkers seldom; and one talker's level swings by tens of dB, a crowd's by a few. Only when all three hold does
voice have to be louder than the crowd usually is.
"""

from collections.abc import Sequence

import numpy as np

from pipeline.gate.grid import QUANTUM_SAMPLES, Doubles, Flags, Rows, grown

SECONDS = QUANTUM_SAMPLES / 16_000
KEEP = float(np.exp(-SECONDS / 20.0))  # how voiced the last 20 s or so were
VOICED_FROM, VOICED_TO = 0.5, 0.7  # of the time: not a crowd .. surely one, as far as pauses say
CLEAR_NONE, CLEAR_FULL = 0.5, 0.35  # share of the voice that is clear: a talker .. a crowd
SWING_NONE_DB, SWING_FULL_DB = 18.0, 14.0  # typical level above the floor: a talker .. a crowd
QUANTILE = 0.6
STEP_DB = 0.1  # per quantum, for the typical level
FAR_DB = 10.0  # further off than this it moves twice as fast
STAND_OUT_DB = 6.5
LOGIT_PER_DB = 2.0


class Crowd:
    """One row a stream."""

    def __init__(self) -> None:
        self._voiced: Doubles = np.zeros(0)  # share of the time, 0..1
        self._clear: Doubles = np.zeros(0)  # share of the time, 0..1
        self._typical_dbfs: Doubles = np.zeros(0)  # nan until something was heard
        self._power: Doubles = np.zeros(0)  # of the quantum before

    def reserve(self, capacity: int) -> None:
        self._voiced = grown(self._voiced, capacity)
        self._clear = grown(self._clear, capacity)
        self._typical_dbfs = grown(self._typical_dbfs, capacity)
        self._power = grown(self._power, capacity)

    def reset(self, row: int, memory: Sequence[float] = ()) -> None:
        self._voiced[row], self._clear[row], self._typical_dbfs[row] = memory or (0.0, 0.0, np.nan)
        self._power[row] = 0.0

    def memory(self, row: int) -> list[float]:
        return [float(self._voiced[row]), float(self._clear[row]), float(self._typical_dbfs[row])]

    def pause(self, rows: Rows) -> None:
        """A quantum in which nothing was listened to."""
        self._voiced[rows] *= KEEP
        self._clear[rows] *= KEEP
        self._power[rows] = 0.0

    def settle(self, row: int) -> None:
        """Forget the quantum before."""
        self._power[row] = 0.0

    def penalty(self, rows: Rows, voiced: Doubles, clear: Doubles, level_dbfs: Doubles, floor_dbfs: Doubles) -> Doubles:
        """What one quantum's log-odds lose. `voiced`, `clear`: the shares of its hops that were; all per stream."""
        power = 10 ** (level_dbfs / 10)
        before = np.where(self._power[rows] > 0, self._power[rows], power)
        self._power[rows] = power
        self._voiced[rows] += (1 - KEEP) * (voiced - self._voiced[rows])
        self._clear[rows] += (1 - KEEP) * (clear - self._clear[rows])
        typical = self._follow(rows, level_dbfs)
        pauseless = (self._voiced[rows] - VOICED_FROM) / (VOICED_TO - VOICED_FROM)
        unclear = (CLEAR_NONE - self._clear[rows] / np.maximum(self._voiced[rows], 0.01)) / (CLEAR_NONE - CLEAR_FULL)
        steady = (SWING_NONE_DB - (typical - floor_dbfs)) / (SWING_NONE_DB - SWING_FULL_DB)
        missing_db = typical + STAND_OUT_DB - 10 * np.log10((power + before) / 2)
        certainty = np.clip(pauseless, 0, 1) * np.clip(unclear, 0, 1) * np.clip(steady, 0, 1)
        penalty: Doubles = LOGIT_PER_DB * certainty * np.maximum(missing_db, 0)
        return penalty

    def _follow(self, rows: Rows, level_dbfs: Doubles) -> Doubles:
        typical = np.where(np.isnan(self._typical_dbfs[rows]), level_dbfs, self._typical_dbfs[rows])
        above: Flags = level_dbfs > typical
        step = np.where(above, QUANTILE, QUANTILE - 1) * STEP_DB
        typical = typical + step * np.where(np.abs(level_dbfs - typical) > FAR_DB, 2, 1)
        self._typical_dbfs[rows] = typical
        return typical
