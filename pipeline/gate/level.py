"""Level evidence: the noise floor and the speaker's level, followed without a veto of their own."""

import numpy as np

from pipeline.gate.grid import FULL_SCALE_DB, Doubles, Floats, Rows, grown

SILENCE_DBFS = -90.0
FALL = 0.3  # of the difference per quantum, when it gets quieter
RISE_DB = 0.15  # per quantum: 1.5 dB a second
START_DBFS = -60.0


def frame_dbfs(frames: Floats) -> Floats:
    """RMS level of `frames` [..., samples] in 16-bit units, as dBFS."""
    power = np.einsum("...i,...i->...", frames, frames) / frames.shape[-1]
    level: Floats = 10 * np.log10(power + 1e-3) - FULL_SCALE_DB
    return np.maximum(level, np.float32(SILENCE_DBFS))


class NoiseFloor:
    """Falls fast, rises slowly: the level of the quieter frames of the last seconds. One row a stream."""

    def __init__(self) -> None:
        self.dbfs: Doubles = np.zeros(0)

    def reserve(self, capacity: int) -> None:
        self.dbfs = grown(self.dbfs, capacity)

    def reset(self, row: int, dbfs: float | None = None) -> None:
        self.dbfs[row] = START_DBFS if dbfs is None else dbfs

    def follow(self, rows: Rows, levels: Floats) -> None:
        """One quantum: `levels` [streams, frames] in dBFS."""
        quiet = np.partition(levels, 1, axis=1)[:, 1]  # the second quietest frame: one dropout is not a floor
        floor = self.dbfs[rows]
        self.dbfs[rows] = np.where(quiet < floor, floor + FALL * (quiet - floor), np.minimum(quiet, floor + RISE_DB))
