"""The recent audio of every stream, for candidates that look back."""

import numpy as np

from pipeline.gate.grid import EPOCH_SAMPLES, HOP_SAMPLES, QUANTUM_SAMPLES, Counts, Floats, Pcm, Rows, constant, grown
from pipeline.gate.spectrum import CONTEXT_SAMPLES, WINDOW_SAMPLES

RING_HOPS = EPOCH_SAMPLES // HOP_SAMPLES
RING_QUANTA = EPOCH_SAMPLES // QUANTUM_SAMPLES
_HOPS, _QUANTA, _QUANTUM, _ONE = constant(RING_HOPS), constant(RING_QUANTA), constant(QUANTUM_SAMPLES), constant(1)


class AudioRing:
    """The last 800 ms of every stream, DC-free, addressed by hops counted from the stream's origin."""

    def __init__(self) -> None:
        self._pcm: Pcm = np.zeros((0, EPOCH_SAMPLES), np.int16)

    def reserve(self, capacity: int) -> None:
        self._pcm = grown(self._pcm, capacity)

    def clear(self, row: int) -> None:
        self._pcm[row] = 0

    def write(self, rows: Rows, ats: Counts, pcm: Pcm) -> None:
        """The quantum that begins `ats` samples after each stream's origin."""
        slots = rows * _QUANTA + ats // _QUANTUM % _QUANTA
        self._pcm.reshape(-1, QUANTUM_SAMPLES)[slots] = pcm

    def windows(self, rows: Rows, hops: Counts) -> Floats:
        """[n, 576]: the hop `hops[i]` of `rows[i]` behind its context, in 16-bit units."""
        by_hop, first = self._pcm.reshape(-1, HOP_SAMPLES), rows * _HOPS
        windows = np.empty((len(rows), WINDOW_SAMPLES), np.float32)
        windows[:, CONTEXT_SAMPLES:] = by_hop[first + hops % _HOPS]
        windows[:, :CONTEXT_SAMPLES] = by_hop[first + (hops - _ONE) % _HOPS, -CONTEXT_SAMPLES:]
        return windows
