"""Level evidence: the noise floor and the speaker's level, followed without a veto of their own."""

import math

import numpy as np

from pipeline.gate.grid import FRAME_SAMPLES, FULL_SCALE, FULL_SCALE_DB, Floats, Pcm

SILENCE_POWER = FULL_SCALE**2 * 10**-9  # in 16-bit units squared: -90 dBFS, and nothing is quieter
FALL = 0.3  # of the difference per quantum, when it gets quieter
RISE_DB = 0.15  # per quantum: 1.5 dB a second


def frames_of(pcm: Pcm) -> Floats:
    """`pcm` [streams, samples] as [streams, frames, FRAME_SAMPLES]."""
    return pcm.reshape(len(pcm), -1, FRAME_SAMPLES).astype(np.float32)


def frame_powers(frames: Floats) -> Floats:
    """Mean square of `frames` [..., samples], in 16-bit units squared."""
    powers: Floats = np.einsum("...i,...i->...", frames, frames) / frames.shape[-1]
    return powers


def dbfs(power: float) -> float:
    """A mean square in 16-bit units squared, as a level."""
    return 10 * math.log10(power if power > SILENCE_POWER else SILENCE_POWER) - FULL_SCALE_DB


class NoiseFloor:
    """One stream's: falls fast, rises slowly, the level of the quieter frames of the last seconds."""

    __slots__ = ("dbfs",)

    def __init__(self, dbfs: float | None = None) -> None:
        self.dbfs = math.nan if dbfs is None else dbfs  # nan: the first quantum says

    def follow(self, powers: list[float]) -> None:
        """One quantum's frames."""
        quiet = dbfs(sorted(powers)[1])  # the second quietest: one dropout is not a floor
        if quiet < self.dbfs:
            self.dbfs += FALL * (quiet - self.dbfs)
        elif math.isnan(self.dbfs):
            self.dbfs = quiet
        else:
            self.dbfs = min(quiet, self.dbfs + RISE_DB)


TARGET_DBFS = -26.0
FOLLOW = 0.05  # of the difference per confident hop
MOST_GAIN_DB, LEAST_GAIN_DB = 30.0, -12.0


class SpeechLevel:
    """One speaker's, from confident voice only: an open-loop gain would lift a crowd to a speaker's level."""

    __slots__ = ("dbfs",)

    def __init__(self, dbfs: float | None = None) -> None:
        self.dbfs = TARGET_DBFS if dbfs is None else dbfs

    def follow(self, level_dbfs: float) -> None:
        """A confident hop."""
        self.dbfs += FOLLOW * (level_dbfs - self.dbfs)

    def gain(self) -> float:
        """The factor that brings the speaker to the level the model knows best."""
        return float(10 ** (min(max(TARGET_DBFS - self.dbfs, LEAST_GAIN_DB), MOST_GAIN_DB) / 20))
