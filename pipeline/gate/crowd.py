"""A crowd is voice that never pauses and hardly changes in level: then only what stands out of it is heard.

A model hears other customers as well as this one. What tells them apart: a conversation pauses, so voice all
the time is a background; the model is sure of one talker most of the time, also in noise, and of a mixture of
talkers seldom; and one talker's level swings by tens of dB, a crowd's by a few. Only when all three hold does
voice have to be louder than the crowd usually is.
"""

import math
from collections.abc import Sequence

from pipeline.gate.grid import QUANTUM_SAMPLES
from pipeline.gate.level import dbfs

SECONDS = QUANTUM_SAMPLES / 16_000
KEEP = math.exp(-SECONDS / 20.0)  # how voiced the last 20 s or so were
VOICED_FROM, VOICED_TO = 0.5, 0.7  # of the time: not a crowd .. surely one, as far as pauses say
CLEAR_NONE, CLEAR_FULL = 0.5, 0.35  # share of the voice that is clear: a talker .. a crowd
SWING_NONE_DB, SWING_FULL_DB = 18.0, 14.0  # typical level above the floor: a talker .. a crowd
QUANTILE = 0.6
STEP_DB = 0.1  # per quantum, for the typical level
FAR_DB = 10.0  # further off than this it moves twice as fast
STAND_OUT_DB = 6.5
LOGIT_PER_DB = 2.0


def _share(value: float, none: float, full: float) -> float:
    """How far `value` is on the way from `none` to `full`, 0..1."""
    return min(max((value - none) / (full - none), 0.0), 1.0)


class Crowd:
    """What one stream knows of its background."""

    __slots__ = ("_clear", "_power", "_typical_dbfs", "_voiced")

    def __init__(self, memory: Sequence[float] = ()) -> None:
        self._voiced, self._clear, self._typical_dbfs = memory or (0.0, 0.0, math.nan)
        self._power = 0.0  # of the quantum before

    def memory(self) -> list[float]:
        """Shares of the time with voice and with clear voice, 0..1; the typical level (nan: nothing heard yet)."""
        return [self._voiced, self._clear, self._typical_dbfs]

    def pause(self) -> None:
        """A quantum in which nothing was listened to."""
        self._voiced *= KEEP
        self._clear *= KEEP
        self._power = 0.0

    def settle(self) -> None:
        """Forget the quantum before."""
        self._power = 0.0

    def penalty(self, voiced: float, clear: float, power: float, floor_dbfs: float) -> float:
        """What one quantum's log-odds lose. `voiced`, `clear`: shares of its hops that were; `power`: mean square."""
        before, self._power = self._power or power, power
        self._voiced += (1 - KEEP) * (voiced - self._voiced)
        self._clear += (1 - KEEP) * (clear - self._clear)
        self._follow(dbfs(power))
        certainty = _share(self._voiced, VOICED_FROM, VOICED_TO)
        if certainty:
            certainty *= _share(self._clear / self._voiced, CLEAR_NONE, CLEAR_FULL)
            certainty *= _share(self._typical_dbfs - floor_dbfs, SWING_NONE_DB, SWING_FULL_DB)
        if not certainty:
            return 0.0
        missing_db = self._typical_dbfs + STAND_OUT_DB - dbfs((power + before) / 2)
        return LOGIT_PER_DB * certainty * max(missing_db, 0.0)

    def _follow(self, level_dbfs: float) -> None:
        if math.isnan(self._typical_dbfs):
            self._typical_dbfs = level_dbfs
        off_db = level_dbfs - self._typical_dbfs
        step = (QUANTILE if off_db > 0 else QUANTILE - 1) * STEP_DB
        self._typical_dbfs += 2 * step if abs(off_db) > FAR_DB else step
