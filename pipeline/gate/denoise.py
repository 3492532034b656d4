"""Denoise, on the decision path only: the transcriber always gets the counter's own audio."""

import numpy as np

from pipeline.gate.grid import FULL_SCALE, Doubles, Floats

NOTHING = np.float32(1e-3)  # far below what 16 bits resolve, so that logarithms stay finite


def denoised(powers: Floats, floors_dbfs: Doubles) -> Floats:
    """`powers` [n, scales, frames], mean squares in 16-bit units, less those of the noise floors [n, scales]."""
    noise = FULL_SCALE**2 * 10 ** (floors_dbfs / 10)
    left: Floats = np.maximum(powers - noise[..., None].astype(np.float32), NOTHING)
    return left
