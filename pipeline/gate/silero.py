"""Silero VAD over many streams: state in rows, audio in hops, log-odds of voice out."""

import numpy as np

from pipeline.gate.grid import Counts, Floats, Rows, grown
from pipeline.gate.silero_graph import MOST_AT_ONCE, UNITS, parts
from pipeline.gate.spectrum import Spectrum

MOST_IN_CACHE = 128  # hops whose spectra and layers stay in a core's own cache: more at once are slower each
INSIDE_BYTES = 2 * 4 * UNITS
OUTPUTS = ["logit", "next_h", "next_c"]


class Silero:
    """`leak` is what the cell keeps each hop: without one it saturates on long streams and goes deaf."""

    def __init__(self, leak: float) -> None:
        window, self._encoder, self._recurrent = parts()
        self._spectrum = Spectrum(window, MOST_IN_CACHE)
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

    def inside(self, row: int) -> bytes:
        """The recurrent layer's state."""
        h, c = self._h[row], self._c[row]
        return b"".join((h.tobytes(), c.tobytes()))

    def go_on(self, row: int, inside: bytes) -> None:
        self._h[row], self._c[row] = np.frombuffer(inside, np.float32).reshape(2, UNITS)

    def hear(self, rows: Rows, counts: Counts, windows: Floats) -> Floats:
        """Log-odds of voice [n] in `windows` [n, 576]: the first counts[0] are hops of rows[0], and so on."""
        gates = self._encode(windows)
        fewest = min(counts.tolist())
        if fewest * len(rows) == len(windows) and fewest <= MOST_AT_ONCE:
            return self._recur(rows, gates)
        logits = np.empty(len(windows), np.float32)
        first = counts.cumsum() - counts
        while len(rows):  # all take the next few hops together, as many as each still has
            together = min(MOST_AT_ONCE, *counts.tolist())
            at = (first[:, None] + np.arange(together)).ravel()
            logits[at] = self._recur(rows, gates.take(at, axis=0))
            [more] = (counts > together).nonzero()
            rows, first, counts = rows.take(more), first.take(more) + together, counts.take(more) - together
        return logits

    def _encode(self, windows: Floats) -> Floats:
        """What the recurrent layer takes: [n, 512]."""
        gates = []
        for first in range(0, len(windows), MOST_IN_CACHE):
            magnitudes = self._spectrum.magnitudes(windows[first : first + MOST_IN_CACHE])
            gates += self._encoder.run(["gates"], {"magnitudes": magnitudes})
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
