"""Silero VAD over many streams: state in rows, audio in hops, log-odds of voice out."""

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view

from pipeline.gate.grid import HOP_SAMPLES, Floats, Rows, grown
from pipeline.gate.silero_graph import STEPS, UNITS, sessions

CONTEXT_SAMPLES = 64  # of the hop before, in front of every hop
WINDOW_SAMPLES = CONTEXT_SAMPLES + HOP_SAMPLES
REFLECTED_SAMPLES = 64  # behind every hop
TRANSFORM, STRIDE, HALF = 256, 128, 128


def folded(windows: Floats) -> tuple[Floats, Floats]:
    """`windows` [n, 576], scaled to +-1, as the (even, odd) halves [4n, 128], [4n, 127] that the encoder takes."""
    padded = np.concatenate([windows, windows[:, -2 : -2 - REFLECTED_SAMPLES : -1]], axis=1)
    frames = sliding_window_view(padded, TRANSFORM, axis=1)[:, ::STRIDE]
    ahead, behind = frames[:, :, 1:HALF], frames[:, :, :HALF:-1]
    even = np.empty((len(windows), STEPS, HALF), np.float32)
    np.add(ahead, behind, out=even[:, :, :-1])
    even[:, :, -1] = frames[:, :, HALF]
    return even.reshape(-1, HALF), np.subtract(ahead, behind).reshape(-1, HALF - 1)


class Silero:
    """`leak` is what the cell keeps each hop: without one it saturates on long streams and goes deaf."""

    def __init__(self, leak: float) -> None:
        self._encoder, self._recurrent = sessions()
        self._leak = np.float32(leak)
        self._h: Floats = np.zeros((0, UNITS), np.float32)
        self._c: Floats = np.zeros((0, UNITS), np.float32)

    def reserve(self, capacity: int) -> None:
        self._h, self._c = grown(self._h, capacity), grown(self._c, capacity)

    def reset(self, rows: Rows) -> None:
        """Start fresh."""
        self._h[rows] = 0
        self._c[rows] = 0

    def hear(self, rows: Rows, counts: Rows, windows: Floats) -> Floats:
        """Log-odds of voice [n] in `windows` [n, 576]: the first counts[0] are hops of rows[0], and so on."""
        even, odd = folded(windows)
        [gates] = self._encoder.run(["gates"], {"even": even, "odd": odd})
        logits = np.empty(len(windows), np.float32)
        firsts = np.cumsum(counts) - counts
        for hop in range(int(counts.max())):
            has = counts > hop
            self._step(rows[has], firsts[has] + hop, gates, logits)
        return logits

    def _step(self, rows: Rows, at: Rows, gates: Floats, logits: Floats) -> None:
        feed = {"gates": gates[at], "h": self._h[rows], "c": self._c[rows] * self._leak}
        logit, self._h[rows], self._c[rows] = self._recurrent.run(["logit", "next_h", "next_c"], feed)
        logits[at] = logit[:, 0]
