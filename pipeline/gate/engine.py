"""The seam between the host and what tells voice from everything else.

An engine knows streams by rows, small numbers that are used again, and hears all streams of a quantum in one
call, so that bulk work is done once for all of them.
"""

from collections.abc import Sequence
from typing import Protocol

from pipeline.gate.evidence import Heard
from pipeline.gate.grid import Counts, Flags, Pcm, Rows


class Engine(Protocol):
    step_samples: int  # the length of one verdict
    votes: int  # opening verdicts out of the last `votes_of` that begin an utterance
    votes_of: int
    holds: int  # or so many out of the last `holds_of` that would hold one open; 0: never
    holds_of: int
    onset_lag_samples: int  # how long after a voice began the engine is sure of it
    look_back_samples: int  # verdicts may arrive for audio up to this long ago
    tells_pauses: bool  # its verdicts in a pause say whether more may come, so that an utterance may end quickly

    def reserve(self, capacity: int) -> None:
        """Rows up to `capacity` may be used from now on."""

    def open(self, row: int, origin: int, shift_db: float, memory: Sequence[float] | None) -> None:
        """A stream begins in `row` at sample `origin`.

        `shift_db`: how much more it takes than usual to be heard (VAD_ENERGY_THRESHOLD against its default).
        `memory`: what `memory()` gave before, if this is a replay.
        """

    def close(self, row: int) -> None: ...

    def memory(self, row: int) -> list[float]:
        """What this stream's slow trackers know."""

    def inside(self, row: int, end: int) -> bytes:
        """All that `memory()` leaves out, when the audio has been heard up to sample `end`."""

    def go_on(self, row: int, end: int, inside: bytes) -> None:
        """Know what `inside` told of another, once the audio up to `end` has been led in with.

        Nothing happens if this is not from one. To be called right after `open`.
        """

    def floor_dbfs(self, row: int) -> float: ...

    def restart(self, row: int) -> bool:
        """Forget what `memory()` leaves out; nothing is open in this stream. False if it is kept all the same."""

    def hear(self, rows: Rows, starts: Counts, pcm: Pcm, holding: Flags, leading: Flags) -> dict[int, list[Heard]]:
        """One quantum of each stream: `pcm` [streams, QUANTUM_SAMPLES] free of DC, the first sample at `starts`.

        `holding`: an utterance is open there. `leading`: this is what a replay leads in with, and nothing is to be
        heard yet. By place in `rows`, the verdicts of streams in which there was anything to hear, in order of time;
        they may leave out stretches with nothing.
        """
