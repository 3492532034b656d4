"""Silero VAD over many streams: state in rows, audio in hops, log-odds of voice out."""

import numpy as np

from pipeline.gate.grid import HOP_SAMPLES, Counts, Floats, Rows, grown
from pipeline.gate.silero_graph import MOST_AT_ONCE, STEPS, UNITS, sessions

CONTEXT_SAMPLES = 64  # of the hop before, in front of every hop
WINDOW_SAMPLES = CONTEXT_SAMPLES + HOP_SAMPLES
REFLECTED_SAMPLES = 64  # behind every hop
PADDED_SAMPLES = WINDOW_SAMPLES + REFLECTED_SAMPLES
MOST_IN_CACHE = 128  # hops whose halves and layers stay in a core's own cache: more at once are slower each
ONE_CALL = frozenset(range(1, MOST_AT_ONCE + 1))  # hops of a stream
OUTPUTS = ["logit", "next_h", "next_c"]
TRANSFORM, STRIDE, HALF = 256, 128, 128


def folded(windows: Floats) -> tuple[Floats, Floats]:
    """`windows` [n, 576], scaled to +-1, as the (even, odd) halves [4n, 128], [4n, 127] that the encoder takes."""
    count = len(windows)
    padded = np.empty((count, PADDED_SAMPLES), np.float32)
    padded[:, :WINDOW_SAMPLES] = windows
    padded[:, WINDOW_SAMPLES:] = windows[:, -2 : -2 - REFLECTED_SAMPLES : -1]
    back = padded[:, ::-1].copy()  # sums of neighbours in memory are many times faster than across a reversed view
    row, sample = padded.strides
    shape, stride = (count, STEPS, HALF - 1), STRIDE * sample
    ahead = np.ndarray(shape, np.float32, padded, sample, (row, stride, sample))
    behind = np.ndarray(shape, np.float32, back, (PADDED_SAMPLES - TRANSFORM) * sample, (row, -stride, sample))
    even = np.empty((count, STEPS, HALF), np.float32)
    np.add(ahead, behind, out=even[:, :, :-1])
    even[:, :, -1] = padded[:, HALF : STEPS * STRIDE + 1 : STRIDE]
    return even.reshape(-1, HALF), (ahead - behind).reshape(-1, HALF - 1)


class Silero:
    """`leak` is what the cell keeps each hop: without one it saturates on long streams and goes deaf."""

    def __init__(self, leak: float) -> None:
        self._encoder, self._recurrent = sessions()
        self._leak = np.array([leak], np.float32)
        self._h: Floats = np.zeros((0, UNITS), np.float32)
        self._c: Floats = np.zeros((0, UNITS), np.float32)

    def reserve(self, capacity: int) -> None:
        self._h, self._c = grown(self._h, capacity), grown(self._c, capacity)

    def reset(self, rows: Rows) -> None:
        """Start fresh."""
        if len(rows):
            self._h[rows] = 0
            self._c[rows] = 0

    def hear(self, rows: Rows, counts: Counts, windows: Floats) -> Floats:
        """Log-odds of voice [n] in `windows` [n, 576]: the first counts[0] are hops of rows[0], and so on."""
        gates = self._encode(windows)
        lengths = set(counts.tolist())
        if len(lengths) == 1 and lengths <= ONE_CALL:
            return self._recur(rows, gates)
        logits = np.empty(len(windows), np.float32)
        first = counts.cumsum() - counts
        while len(rows):
            now_hops = np.minimum(counts, MOST_AT_ONCE)
            for length in set(now_hops.tolist()):
                now = now_hops == length
                at = (first[now][:, None] + np.arange(length)).ravel()
                logits[at] = self._recur(rows[now], gates.take(at, axis=0))
            later = counts > MOST_AT_ONCE
            rows, first, counts = rows[later], first[later] + MOST_AT_ONCE, counts[later] - MOST_AT_ONCE
        return logits

    def _encode(self, windows: Floats) -> Floats:
        """What the recurrent layer takes: [n, 512]."""
        gates = []
        for first in range(0, len(windows), MOST_IN_CACHE):
            even, odd = folded(windows[first : first + MOST_IN_CACHE])
            gates += self._encoder.run(["gates"], {"even": even, "odd": odd})
        return gates[0] if len(gates) == 1 else np.concatenate(gates)

    def _recur(self, rows: Rows, gates: Floats) -> Floats:
        """Log-odds of as many hops of each of `rows`, laid end to end, in one call."""
        feed = {
            "gates": gates.reshape(len(rows), -1),
            "h": self._h.take(rows, axis=0),
            "c": self._c.take(rows, axis=0),
            "leak": self._leak,
        }
        session = self._recurrent[len(gates) // len(rows) - 1]
        told, self._h[rows], self._c[rows] = session.run(OUTPUTS, feed)
        logits: Floats = told[:, 0]
        return logits
