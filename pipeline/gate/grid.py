"""The grid that every decision is made on, so that decisions never depend on how the audio was cut.

Audio is consumed in quanta counted from a stream's first sample. Level and WebRTC work on five frames a quantum,
Silero on hops of its own length; both grids meet again every epoch, which is why a replay starts at one.
"""

from typing import Any

import numpy as np
from numpy.typing import NDArray

QUANTUM_SAMPLES = 1600  # 100 ms, a tick's worth
FRAME_SAMPLES = 320  # 20 ms
FRAMES = QUANTUM_SAMPLES // FRAME_SAMPLES
HOP_SAMPLES = 512  # 32 ms, what Silero was trained on
EPOCH_SAMPLES = 12_800  # 800 ms: 8 quanta, 40 frames, 25 hops

FULL_SCALE = 32_768.0
FULL_SCALE_DB = 20 * float(np.log10(FULL_SCALE))

Rows = NDArray[np.intp]  # which streams, as rows of the state arrays
Counts = NDArray[np.int64]
Pcm = NDArray[np.int16]
Floats = NDArray[np.float32]
Doubles = NDArray[np.float64]
Flags = NDArray[np.bool_]


def constant(value: float) -> NDArray[Any]:
    """A number as numpy makes one of it in every operation: for few streams that takes as long as the arithmetic."""
    return np.array(value)


def grown(array: NDArray[Any], capacity: int) -> NDArray[Any]:
    """`array` with `capacity` rows, the new ones zero."""
    more = np.zeros((capacity - len(array), *array.shape[1:]), array.dtype)
    return np.concatenate([array, more])
