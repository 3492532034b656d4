"""What is worth the model's time: voice, as WebRTC hears it, that stands out of the noise; and a moment after it.

WebRTC alone takes a fan for voice all day. It is asked only where the level says that something is there, and not at
all while an utterance is open, which the model listens to anyway: its own idea of the noise then comes from sounds
that stand out, and that is good enough for opening generously (docs/gate.md has the figures).
"""

import struct
from typing import NamedTuple, Protocol

import numpy as np

from pipeline.gate.grid import QUANTUM_SAMPLES, Counts, Doubles, Flags, Pcm, Rows, grown
from pipeline.gate.voice import WebRtcVoice

OPEN_DB = 2.0  # a quantum that rises this much further than the noise does is worth asking WebRTC about
STILL_DB = 1.0  # and one that rises no more than this holds no voice, if the speaker is otherwise clear
VOICED_FRAMES = 2  # of a quantum's five
LINGER_SAMPLES = 3 * QUANTUM_SAMPLES  # a candidate without an utterance ends this long after the last voice began
LEFT = struct.Struct("<q")  # samples that a candidate has left


class Quantum(NamedTuple):
    """What is known of each stream's quantum before the model hears it."""

    rows: Rows
    ats: Counts  # where it begins, samples after the stream's origin
    pcm: Pcm
    excess_db: Doubles  # by how much it rises above the noise more than the noise itself does
    holding: Flags  # an utterance is open
    clear: Flags  # the speaker is far above the noise


class Candidates(Protocol):
    """Every stream's."""

    def reserve(self, capacity: int) -> None: ...

    def restart(self, row: int) -> None:
        """Forget everything heard before."""

    def inside(self, row: int, at: int) -> bytes:
        """All that is known of a stream that has been heard for `at` samples."""

    def go_on(self, row: int, at: int, inside: bytes) -> None:
        """From what another's `inside` told; nothing happens if this is not from one."""

    def choose(self, quantum: Quantum) -> Flags:
        """Which streams the model should listen to."""


class Everything:
    """No choice: the model hears it all."""

    def reserve(self, capacity: int) -> None:
        """Nothing is kept."""

    def restart(self, row: int) -> None:
        """Nothing is kept."""

    def inside(self, row: int, at: int) -> bytes:
        return b""

    def go_on(self, row: int, at: int, inside: bytes) -> None:
        """Nothing is kept."""

    def choose(self, quantum: Quantum) -> Flags:
        return np.ones(len(quantum.rows), np.bool_)


class VoiceCandidates:
    """WebRTC's voice opens a candidate; it ends when neither voice nor an utterance keeps it."""

    def __init__(self) -> None:
        self._voices: list[WebRtcVoice] = []
        self._until: Counts = np.zeros(0, np.int64)  # samples after the origin

    def reserve(self, capacity: int) -> None:
        self._until = grown(self._until, capacity)
        self._voices += [WebRtcVoice() for _ in range(capacity - len(self._voices))]

    def restart(self, row: int) -> None:
        self._voices[row].restart()
        self._until[row] = 0

    def inside(self, row: int, at: int) -> bytes:
        return LEFT.pack(int(self._until[row]) - at) + self._voices[row].inside()

    def go_on(self, row: int, at: int, inside: bytes) -> None:
        if len(inside) >= LEFT.size:
            [left] = LEFT.unpack_from(inside)
            self._until[row] = at + left
            self._voices[row].go_on(inside[LEFT.size :])

    def choose(self, quantum: Quantum) -> Flags:
        rows, ats = quantum.rows, quantum.ats
        [standing_out] = ((quantum.excess_db > OPEN_DB) > quantum.holding).nonzero()
        for i in standing_out.tolist():
            if sum(self._voices[rows[i]].hear(quantum.pcm[i])) >= VOICED_FRAMES:
                self._until[rows[i]] = ats[i] + LINGER_SAMPLES
        still = quantum.clear & (quantum.excess_db <= STILL_DB)
        chosen: Flags = (quantum.holding | (self._until.take(rows) > ats)) > still
        return chosen
