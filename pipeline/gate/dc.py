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

    def remove(self, rows: Rows, pcm: Pcm) -> Pcm:
        """A quantum [streams, samples] less what the offsets are after it, saturated to 16 bits."""
        means = np.add.reduce(pcm, axis=1, dtype=np.int32) / pcm.shape[1]
        before = self._values[rows]
        values = np.where(np.isnan(before), means, before + FOLLOW * (means - before))
        self._values[rows] = values
        whole = np.rint(values)
        least, most = int(whole.min()), int(whole.max())
        if least == most == 0:
            return pcm
        if int(pcm.max()) - least <= HIGHEST and int(pcm.min()) - most >= LOWEST:
            free: Pcm = pcm - whole.astype(np.int16)[:, None]
            return free
        saturated: Pcm = np.clip(pcm - whole.astype(np.int32)[:, None], LOWEST, HIGHEST).astype(np.int16)
        return saturated
