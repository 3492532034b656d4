"""A crowd is voice that never pauses and hardly changes in level: then only what stands out of it is heard.

A model hears other customers as well as this one. What tells them apart: a conversation pauses, so voice all
the time is a background; one talker's sounds and closures move the model's log-odds up and down from hop to hop,
also in noise, and a mixture of talkers hardly does; and one talker's level swings by tens of dB, a crowd's by a
few. Only when all three hold does voice have to be louder than the crowd usually is.
"""

import math
from bisect import bisect_left
from collections.abc import Sequence

import numpy as np

from pipeline.gate.alone import Run
from pipeline.gate.grid import QUANTUM_SAMPLES, Doubles, Rows, constant, grown
from pipeline.gate.level import dbfs

SECONDS = QUANTUM_SAMPLES / 16_000
KEEP = math.exp(-SECONDS / 20.0)  # how voiced the last 20 s or so were
_KEEP, _TAKE = constant(KEEP), constant(1 - KEEP)
VOICED_FROM, VOICED_TO = 0.5, 0.7  # of the time: not a crowd .. surely one, as far as pauses say
LIVELY_NONE, LIVELY_FULL = 0.82, 0.67  # change of the log-odds from hop to hop while voiced: a talker .. a crowd
SWING_NONE_DB, SWING_FULL_DB = 18.0, 14.0  # typical level above the floor: a talker .. a crowd
STEADY_NONE_DB, STEADY_FULL_DB = 1.5, 2.5  # the same: steady noise that a talker hardly stands out of .. a crowd
OFF_DB = np.array([-10.0, 0.0, 10.0])  # how far a quantum is off the typical level, and how far that moves then:
STEPS_DB = np.array([-0.08, -0.04, 0.06, 0.12])  # to the 0.6 quantile, twice as fast from far off
OFF, STEPS = OFF_DB.tolist(), STEPS_DB.tolist()
STAND_OUT_DB = 6.0
LOGIT_PER_DB = 2.0
VOICED, LIVELY, TYPICAL, POWER = range(4)  # columns: share of the time; log-odds; dBFS (nan: nothing yet); see below


def _share(values: Doubles, none: float, full: float) -> Doubles:
    """How far `values` are on the way from `none` to `full`, 0..1."""
    return np.minimum(np.maximum((values - none) / (full - none), 0.0), 1.0)


class Crowds:
    """What every stream knows of its background. `POWER` is the quantum before's mean square, 0 if nobody listened."""

    def __init__(self) -> None:
        self._state: Doubles = np.zeros((0, 4))

    def reserve(self, capacity: int) -> None:
        self._state = grown(self._state, capacity)

    def open(self, row: int, memory: Sequence[float] | None) -> None:
        self._state[row] = [*(memory or (0.0, 0.0, math.nan)), 0.0]

    def memory(self, row: int) -> list[float]:
        told: list[float] = self._state[row, :POWER].tolist()
        return told

    def power(self, row: int) -> float:
        """Of the quantum before, which memory leaves out."""
        return float(self._state[row, POWER])

    def go_on(self, row: int, power: float) -> None:
        self._state[row, POWER] = power

    def pause(self, rows: Rows) -> None:
        """A quantum in which nothing was listened to."""
        state = self._state.take(rows, axis=0)
        state[:, :TYPICAL] *= _KEEP
        state[:, POWER] = 0.0
        self._state[rows] = state

    def settle(self, row: int) -> None:
        """Forget the quantum before."""
        self._state[row, POWER] = 0.0

    def penalties(self, rows: Rows, traits: Doubles, powers: Doubles, floors_dbfs: Doubles) -> Doubles | None:
        """What one quantum's log-odds lose; None for nothing anywhere.

        `traits` [n, 2]: the share of its hops that were voiced, and how much the log-odds changed from one to the
        next on average. `powers`: mean squares.
        """
        state = self._state.take(rows, axis=0)
        before = state[:, POWER].copy()
        state[:, :TYPICAL] += _TAKE * (traits - state[:, :TYPICAL])
        state[:, TYPICAL] = _followed(state[:, TYPICAL], dbfs(powers))
        state[:, POWER] = powers
        self._state[rows] = state
        if np.maximum.reduce(state[:, VOICED]) <= VOICED_FROM:
            return None
        lasting = np.where(before > 0, (powers + before) / 2, powers)
        missing_db = state[:, TYPICAL] + STAND_OUT_DB - dbfs(lasting)
        return LOGIT_PER_DB * _certainty(state, floors_dbfs) * np.maximum(missing_db, 0.0)

    def penalty(self, row: int, run: Run, floor_dbfs: float) -> float:
        """The same for one stream, in plain numbers."""
        voiced, lively, typical_dbfs, _ = self._state[row].tolist()
        voiced += (1 - KEEP) * (run.voiced - voiced)
        lively += (1 - KEEP) * (run.change - lively)
        if math.isnan(typical_dbfs):
            typical_dbfs = run.power_dbfs
        else:
            typical_dbfs += STEPS[bisect_left(OFF, run.power_dbfs - typical_dbfs)]
        self._state[row] = voiced, lively, typical_dbfs, run.power
        if voiced <= VOICED_FROM:
            return 0.0
        missing_db = typical_dbfs + STAND_OUT_DB - run.lasting_dbfs
        [certainty] = _certainty(self._state[row : row + 1], np.array([floor_dbfs])).tolist()
        return float(LOGIT_PER_DB * certainty * max(missing_db, 0.0))


def _followed(typical_dbfs: Doubles, levels_dbfs: Doubles) -> Doubles:
    followed: Doubles = typical_dbfs + STEPS_DB.take(OFF_DB.searchsorted(levels_dbfs - typical_dbfs))
    if math.isnan(np.add.reduce(followed)):
        followed = np.where(np.isnan(followed), levels_dbfs, followed)
    return followed


def _certainty(state: Doubles, floors_dbfs: Doubles) -> Doubles:
    """How surely each background is a crowd, 0..1."""
    voiced = state[:, VOICED]
    certainty = _share(voiced, VOICED_FROM, VOICED_TO)
    certainty *= _share(state[:, LIVELY] / np.maximum(voiced, VOICED_FROM), LIVELY_NONE, LIVELY_FULL)
    swing_db = state[:, TYPICAL] - floors_dbfs
    certainty *= _share(swing_db, SWING_NONE_DB, SWING_FULL_DB)
    certainty *= _share(swing_db, STEADY_NONE_DB, STEADY_FULL_DB)
    return certainty
