"""The recent audio of every stream, for candidates that look back."""

import numpy as np

from pipeline.gate.grid import EPOCH_SAMPLES, HOP_SAMPLES, QUANTUM_SAMPLES, Floats, Pcm, Rows, grown
from pipeline.gate.silero import CONTEXT_SAMPLES, WINDOW_SAMPLES

RING_HOPS = EPOCH_SAMPLES // HOP_SAMPLES


class AudioRing:
    """The last 800 ms of every stream, DC-free, addressed by hops counted from the stream's origin."""

    def __init__(self) -> None:
        self._pcm: Pcm = np.zeros((0, EPOCH_SAMPLES), np.int16)

    def reserve(self, capacity: int) -> None:
        self._pcm = grown(self._pcm, capacity)

    def clear(self, row: int) -> None:
        self._pcm[row] = 0

    def write(self, rows: Rows, ats: Rows, pcm: Pcm) -> None:
        slots = ats % EPOCH_SAMPLES // QUANTUM_SAMPLES
        self._pcm.reshape(len(self._pcm), -1, QUANTUM_SAMPLES)[rows, slots] = pcm

    def windows(self, rows: Rows, hops: Rows) -> Floats:
        """[n, 576]: the hop `hops[i]` of `rows[i]` behind its context, in 16-bit units."""
        by_hop = self._pcm.reshape(len(self._pcm), RING_HOPS, HOP_SAMPLES)
        windows = np.empty((len(rows), WINDOW_SAMPLES), np.float32)
        windows[:, CONTEXT_SAMPLES:] = by_hop[rows, hops % RING_HOPS]
        windows[:, :CONTEXT_SAMPLES] = by_hop[rows, (hops - 1) % RING_HOPS, -CONTEXT_SAMPLES:]
        return windows
