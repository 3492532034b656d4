"""Level evidence: the noise floor and the speaker's level, followed without a veto of their own."""

import numpy as np

from pipeline.gate.grid import FRAME_SAMPLES, FULL_SCALE_DB, Doubles, Floats, Pcm, Rows, grown

SILENCE_DBFS = -90.0
FALL = 0.3  # of the difference per quantum, when it gets quieter
RISE_DB = 0.15  # per quantum: 1.5 dB a second


def frames_of(pcm: Pcm) -> Floats:
    """`pcm` [streams, samples] as [streams, frames, FRAME_SAMPLES]."""
    return pcm.reshape(len(pcm), -1, FRAME_SAMPLES).astype(np.float32)


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
        self.dbfs[row] = np.nan if dbfs is None else dbfs  # nan: the first quantum says

    def follow(self, rows: Rows, levels: Floats) -> None:
        """One quantum: `levels` [streams, frames] in dBFS."""
        quiet = np.partition(levels, 1, axis=1)[:, 1]  # the second quietest frame: one dropout is not a floor
        floor = np.where(np.isnan(self.dbfs[rows]), quiet, self.dbfs[rows])
        self.dbfs[rows] = np.where(quiet < floor, floor + FALL * (quiet - floor), np.minimum(quiet, floor + RISE_DB))


TARGET_DBFS = -26.0
FOLLOW = 0.05  # of the difference per confident hop
MOST_GAIN_DB, LEAST_GAIN_DB = 30.0, -12.0


class SpeechLevel:
    """The speaker's level, from confident voice only: an open-loop gain would lift a crowd to a speaker's level."""

    def __init__(self) -> None:
        self.dbfs: Doubles = np.zeros(0)

    def reserve(self, capacity: int) -> None:
        self.dbfs = grown(self.dbfs, capacity)

    def reset(self, row: int, dbfs: float | None = None) -> None:
        self.dbfs[row] = TARGET_DBFS if dbfs is None else dbfs

    def follow(self, rows: Rows, levels: Floats) -> None:
        """Levels of confident hops; a row may come several times."""
        np.add.at(self.dbfs, rows, FOLLOW * (levels - self.dbfs[rows]))

    def gain(self, rows: Rows) -> Doubles:
        """The factor that brings the speaker to the level the model knows best."""
        gain: Doubles = 10 ** (np.clip(TARGET_DBFS - self.dbfs[rows], LEAST_GAIN_DB, MOST_GAIN_DB) / 20)
        return gain
