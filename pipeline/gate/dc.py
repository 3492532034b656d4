"""DC removal: cheap microphones sit thousands of units off zero, which no later stage would survive."""

import numpy as np

from pipeline.gate.grid import Doubles, Pcm, Rows, grown

FOLLOW = 0.1  # of the difference per quantum: a time constant of one second
LOWEST, HIGHEST = np.iinfo(np.int16).min, np.iinfo(np.int16).max


class DcRemoval:
    """Follows each stream's mean and subtracts it. One row a stream."""

    def __init__(self) -> None:
        self.offset: Doubles = np.zeros(0)
        self._settled = np.zeros(0, bool)

    def reserve(self, capacity: int) -> None:
        self.offset, self._settled = grown(self.offset, capacity), grown(self._settled, capacity)

    def reset(self, row: int, offset: float | None = None) -> None:
        self.offset[row] = offset or 0.0
        self._settled[row] = offset is not None

    def remove(self, rows: Rows, pcm: Pcm) -> Pcm:
        """`pcm` [streams, samples] without its offset, saturated to 16 bits."""
        mean = pcm.sum(axis=1, dtype=np.int32) / pcm.shape[1]
        before = np.where(self._settled[rows], self.offset[rows], mean)
        self._settled[rows] = True
        offset = self.offset[rows] = before + FOLLOW * (mean - before)
        whole = np.rint(offset).astype(np.int32)[:, None]
        if not whole.any():
            return pcm
        if pcm.max() - whole.min() <= HIGHEST and pcm.min() - whole.max() >= LOWEST:
            free: Pcm = pcm - whole.astype(np.int16)
            return free
        saturated: Pcm = np.clip(pcm - whole, LOWEST, HIGHEST).astype(np.int16)
        return saturated
