"""Silero VAD over many streams: state in rows, audio in hops, log-odds of voice out."""

from collections.abc import Sequence

import numpy as np

from pipeline.gate.grid import HOP_SAMPLES, Floats, grown
from pipeline.gate.silero_graph import MOST_AT_ONCE, STEPS, UNITS, sessions

CONTEXT_SAMPLES = 64  # of the hop before, in front of every hop
WINDOW_SAMPLES = CONTEXT_SAMPLES + HOP_SAMPLES
REFLECTED_SAMPLES = 64  # behind every hop
OUTPUTS = ["logit", "next_h", "next_c"]
TRANSFORM, STRIDE, HALF = 256, 128, 128


def folded(windows: Floats) -> tuple[Floats, Floats]:
    """`windows` [n, 576], scaled to +-1, as the (even, odd) halves [4n, 128], [4n, 127] that the encoder takes."""
    count = len(windows)
    padded = np.empty((count, WINDOW_SAMPLES + REFLECTED_SAMPLES), np.float32)
    padded[:, :WINDOW_SAMPLES] = windows
    padded[:, WINDOW_SAMPLES:] = windows[:, -2 : -2 - REFLECTED_SAMPLES : -1]
    row, sample = padded.strides
    frames = np.ndarray((count, STEPS, TRANSFORM), np.float32, padded, strides=(row, STRIDE * sample, sample))
    ahead, behind = frames[:, :, 1:HALF], frames[:, :, :HALF:-1]
    even = np.empty((count, STEPS, HALF), np.float32)
    np.add(ahead, behind, out=even[:, :, :-1])
    even[:, :, -1] = frames[:, :, HALF]
    return even.reshape(-1, HALF), np.subtract(ahead, behind).reshape(-1, HALF - 1)


class Silero:
    """`leak` is what the cell keeps each hop: without one it saturates on long streams and goes deaf."""

    def __init__(self, leak: float) -> None:
        self._encoder, self._recurrent = sessions()
        self._leak = np.array([leak], np.float32)
        self._h: Floats = np.zeros((0, UNITS), np.float32)
        self._c: Floats = np.zeros((0, UNITS), np.float32)

    def reserve(self, capacity: int) -> None:
        self._h, self._c = grown(self._h, capacity), grown(self._c, capacity)

    def reset(self, rows: Sequence[int]) -> None:
        """Start fresh."""
        if rows:
            self._h[rows] = 0
            self._c[rows] = 0

    def hear(self, rows: Sequence[int], counts: Sequence[int], windows: Floats) -> Floats:
        """Log-odds of voice [n] in `windows` [n, 576]: the first counts[0] are hops of rows[0], and so on."""
        even, odd = folded(windows)
        [gates] = self._encoder.run(["gates"], {"even": even, "odd": odd})
        logits = np.empty(len(windows), np.float32)
        waiting, first = [], 0
        for row, count in zip(rows, counts, strict=True):
            waiting.append((row, first, count))
            first += count
        while waiting:
            for length in {min(count, MOST_AT_ONCE) for _, _, count in waiting}:
                self._run([w for w in waiting if min(w[2], MOST_AT_ONCE) == length], length, gates, logits)
            waiting = [
                (row, first + MOST_AT_ONCE, count - MOST_AT_ONCE)
                for row, first, count in waiting
                if count > MOST_AT_ONCE
            ]
        return logits

    def _run(self, waiting: list[tuple[int, int, int]], length: int, gates: Floats, logits: Floats) -> None:
        """`length` hops of each of `waiting` (row, first hop, count), in one call."""
        rows = [row for row, _, _ in waiting]
        at = [first + hop for _, first, _ in waiting for hop in range(length)]
        feed = {
            "gates": gates[at].reshape(len(rows), -1),
            "h": self._h[rows],
            "c": self._c[rows],
            "leak": self._leak,
        }
        told, self._h[rows], self._c[rows] = self._recurrent[length - 1].run(OUTPUTS, feed)
        logits[at] = told[:, 0]
