"""The recent audio of every stream, for candidates that look back."""

from collections.abc import Sequence

import numpy as np

from pipeline.gate.grid import EPOCH_SAMPLES, HOP_SAMPLES, QUANTUM_SAMPLES, Floats, Pcm, grown
from pipeline.gate.silero import CONTEXT_SAMPLES, WINDOW_SAMPLES

RING_HOPS = EPOCH_SAMPLES // HOP_SAMPLES
RING_QUANTA = EPOCH_SAMPLES // QUANTUM_SAMPLES


class AudioRing:
    """The last 800 ms of every stream, DC-free, addressed by hops counted from the stream's origin."""

    def __init__(self) -> None:
        self._pcm: Pcm = np.zeros((0, EPOCH_SAMPLES), np.int16)

    def reserve(self, capacity: int) -> None:
        self._pcm = grown(self._pcm, capacity)

    def clear(self, row: int) -> None:
        self._pcm[row] = 0

    def write(self, rows: Sequence[int], ats: Sequence[int], pcm: Pcm) -> None:
        slots = [row * RING_QUANTA + at // QUANTUM_SAMPLES % RING_QUANTA for row, at in zip(rows, ats, strict=True)]
        self._pcm.reshape(-1, QUANTUM_SAMPLES)[slots] = pcm

    def windows(self, rows: Sequence[int], hops: Sequence[int]) -> Floats:
        """[n, 576]: the hop `hops[i]` of `rows[i]` behind its context, in 16-bit units."""
        by_hop = self._pcm.reshape(-1, HOP_SAMPLES)
        here = [row * RING_HOPS + hop % RING_HOPS for row, hop in zip(rows, hops, strict=True)]
        before = [row * RING_HOPS + (hop - 1) % RING_HOPS for row, hop in zip(rows, hops, strict=True)]
        windows = np.empty((len(rows), WINDOW_SAMPLES), np.float32)
        windows[:, CONTEXT_SAMPLES:] = by_hop[here]
        windows[:, :CONTEXT_SAMPLES] = by_hop[:, -CONTEXT_SAMPLES:][before]
        return windows
