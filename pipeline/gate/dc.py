"""DC removal: cheap microphones sit thousands of units off zero, which no later stage would survive."""

import math

import numpy as np

from pipeline.gate.grid import Doubles, Pcm, Rows, grown

FOLLOW = 0.1  # of the difference per quantum: a time constant of one second
LOWEST, HIGHEST = -32_768, 32_767


class Offsets:
    """Every stream's mean, followed."""

    def __init__(self) -> None:
        self._values: Doubles = np.zeros(0)

    def reserve(self, capacity: int) -> None:
        self._values = grown(self._values, capacity)

    def open(self, row: int, value: float | None) -> None:
        self._values[row] = math.nan if value is None else value  # nan: the first quantum says

    def value(self, row: int) -> float:
        """0 while nothing was heard."""
        value = float(self._values[row])
        return 0.0 if math.isnan(value) else value

    def remove(self, rows: Rows, pcm: Pcm, lowest: int, highest: int) -> Pcm:
        """A quantum [streams, samples] less what the offsets are after it, saturated to 16 bits.

        `lowest`, `highest`: of all samples.
        """
        means = np.add.reduce(pcm, axis=1, dtype=np.int32) / pcm.shape[1]
        before = self._values.take(rows)
        values = before + FOLLOW * (means - before)
        if math.isnan(np.add.reduce(values)):
            values = np.where(np.isnan(values), means, values)
        self._values[rows] = values
        whole = np.rint(values).astype(np.int32)
        if not np.logical_or.reduce(whole):
            return pcm
        least, most = int(np.minimum.reduce(whole)), int(np.maximum.reduce(whole))
        if highest - least <= HIGHEST and lowest - most >= LOWEST:
            free: Pcm = pcm - whole.astype(np.int16)[:, None]
            return free
        saturated: Pcm = np.clip(pcm - whole[:, None], LOWEST, HIGHEST).astype(np.int16)
        return saturated
