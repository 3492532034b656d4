"""What Silero's layers take of a hop: the magnitudes of four overlapping transforms.

The published graph has the transform as a product with windowed cosines and sines; a fast transform of the windowed
audio is the same to within rounding, for two thirds of what even a product that uses their symmetry costs.
"""

import numpy as np

from pipeline.gate.grid import HOP_SAMPLES, Floats

CONTEXT_SAMPLES = 64  # of the hop before, in front of every hop
WINDOW_SAMPLES = CONTEXT_SAMPLES + HOP_SAMPLES
REFLECTED_SAMPLES = 64  # behind every hop
TRANSFORM_SAMPLES, STRIDE_SAMPLES = 256, 128
STEPS = 4  # transforms of a hop
BINS = TRANSFORM_SAMPLES // 2 + 1
WITHIN = STEPS - 1  # as many do not reach what is reflected
LAST_SAMPLES = TRANSFORM_SAMPLES - REFLECTED_SAMPLES  # of the hop itself, in the transform that does


class Spectrum:
    """Works in buffers of its own, for up to `most` hops at a time: fresh ones of that size cost more than the work."""

    def __init__(self, window: Floats, most: int) -> None:
        # A transform divided by its length stays in singles; NumPy's plain one turns to doubles and back, for half as
        # much again. The window makes up for the division: exactly, the length is a power of two.
        self._window = window * np.float32(TRANSFORM_SAMPLES)
        self._windowed = np.empty((most, STEPS, TRANSFORM_SAMPLES), np.float32)
        self._bins = np.empty((most, STEPS, BINS), np.complex64)
        self._magnitudes = np.empty((most, STEPS, BINS), np.float32)

    def magnitudes(self, windows: Floats) -> Floats:
        """Of `windows` [n, 576], which follow one another in memory: [n, 516], until the next call."""
        count, window = len(windows), self._window
        windowed = self._windowed[:count]
        row, sample = windows.strides
        strides = (row, STRIDE_SAMPLES * sample, sample)
        within = np.ndarray((count, WITHIN, TRANSFORM_SAMPLES), np.float32, windows, 0, strides)
        np.multiply(within, window, out=windowed[:, :WITHIN])
        last, reflected = windows[:, -LAST_SAMPLES:], windows[:, -2 : -2 - REFLECTED_SAMPLES : -1]
        np.multiply(last, window[:LAST_SAMPLES], out=windowed[:, WITHIN, :LAST_SAMPLES])
        np.multiply(reflected, window[LAST_SAMPLES:], out=windowed[:, WITHIN, LAST_SAMPLES:])
        out = self._bins[:count]
        bins = np.fft.rfft(windowed, norm="forward", out=out)  # type: ignore[arg-type]  # singles too, not just doubles
        return np.abs(bins, out=self._magnitudes[:count]).reshape(count, -1)
