"""Which hops the model is to hear: those of open candidates, from a little before each one opened."""

from typing import NamedTuple

import numpy as np

from pipeline.audio import samples_from_ms
from pipeline.gate.grid import HOP_SAMPLES, QUANTUM_SAMPLES, Counts, Flags, Rows, constant, grown

LOOK_BACK_SAMPLES = samples_from_ms(320)  # a fresh candidate begins this long ago
LOOK_BACKS = np.array([LOOK_BACK_SAMPLES, QUANTUM_SAMPLES])  # without and with an utterance open
_ZERO, _HOP, _QUANTUM = constant(0), constant(HOP_SAMPLES), constant(QUANTUM_SAMPLES)


class Question(NamedTuple):
    """A run of hops of every candidate that the model is to hear now; below, runs are laid end to end."""

    places: Rows  # of the streams in the quantum
    rows: Rows
    fresh: Flags  # the run starts anew
    counts: Counts  # hops in each run
    offsets: Counts  # where each run begins among all hops
    owners: Rows  # of every hop, the row
    hops: Counts  # every hop, counted from its stream's origin
    ends: Counts  # every hop's end, as an absolute sample


class Attention:
    """Every stream's: where it began, and up to where the model has listened to it."""

    NOTHING = -1

    def __init__(self) -> None:
        self._origin: Counts = np.zeros(0, np.int64)
        self._heard_upto: Counts = np.zeros(0, np.int64)  # samples after the origin

    def reserve(self, capacity: int) -> None:
        self._origin, self._heard_upto = grown(self._origin, capacity), grown(self._heard_upto, capacity)

    def open(self, row: int, origin: int) -> None:
        self._origin[row] = origin
        self.restart(row)

    def restart(self, row: int) -> None:
        self._heard_upto[row] = self.NOTHING

    def reached(self, row: int, end: int) -> int:
        """How far behind sample `end` the model has listened to this stream, as a number of 0 or less."""
        return int(self._heard_upto[row]) - self.at(row, end)

    def go_on(self, row: int, end: int, reached: int) -> None:
        """What `reached` told of another, at `end`."""
        self._heard_upto[row] = self.at(row, end) + reached

    def at(self, row: int, end: int) -> int:
        """Samples since the stream's origin."""
        return end - int(self._origin[row])

    def ats(self, rows: Rows, starts: Counts) -> Counts:
        """Samples since each stream's origin."""
        return starts - self._origin.take(rows)

    def turn(self, places: Rows, rows: Rows, ats: Counts, holding: Flags) -> Question:
        """To candidates, in the quantum that begins `ats` samples after each stream's origin.

        `holding`: an utterance is open, and all that the model may have missed was still.
        """
        heard_upto = self._heard_upto.take(rows)
        look_back = LOOK_BACKS.take(holding.view(np.int8))
        begins = np.maximum(np.maximum(ats - look_back, _ZERO), heard_upto)
        fresh = (heard_upto != ats) > holding
        after = ats + _QUANTUM
        self._heard_upto[rows] = after
        first = begins // _HOP
        counts = after // _HOP - first
        offsets = counts.cumsum() - counts
        hops = np.arange(offsets[-1] + counts[-1]) + (first - offsets).repeat(counts)
        owners = rows.repeat(counts)
        ends = hops * _HOP + _HOP + self._origin.take(owners)
        return Question(places, rows, fresh, counts, offsets, owners, hops, ends)
