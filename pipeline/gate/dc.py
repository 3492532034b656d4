"""DC removal: cheap microphones sit thousands of units off zero, which no later stage would survive."""

from collections.abc import Sequence

import numpy as np

from pipeline.gate.grid import Pcm

FOLLOW = 0.1  # of the difference per quantum: a time constant of one second
LOWEST, HIGHEST = -32_768, 32_767


class Offsets:
    """Every stream's mean, followed in plain numbers: for so few operations arrays would be dearer."""

    def __init__(self) -> None:
        self._values: list[float | None] = []  # None: the first quantum says

    def reserve(self, capacity: int) -> None:
        self._values += [None] * (capacity - len(self._values))

    def open(self, row: int, value: float | None) -> None:
        self._values[row] = value

    def value(self, row: int) -> float:
        """0 while nothing was heard."""
        return self._values[row] or 0.0

    def remove(self, rows: Sequence[int], pcm: Pcm, lowest: int, highest: int) -> Pcm:
        """A quantum [streams, samples] less what the offsets are after it, saturated to 16 bits.

        `lowest`, `highest`: of all samples.
        """
        samples, values = pcm.shape[1], self._values
        sums: list[int] = np.add.reduce(pcm, axis=1, dtype=np.int32).tolist()
        for row, total in zip(rows, sums, strict=True):
            mean, before = total / samples, values[row]
            values[row] = mean if before is None else before + FOLLOW * (mean - before)
        whole = [round(values[row] or 0.0) for row in rows]
        least, most = min(whole), max(whole)
        if least == most == 0:
            return pcm
        if highest - least <= HIGHEST and lowest - most >= LOWEST:
            free: Pcm = pcm - np.array(whole, np.int16)[:, None]
            return free
        saturated: Pcm = np.clip(pcm - np.array(whole, np.int32)[:, None], LOWEST, HIGHEST).astype(np.int16)
        return saturated
