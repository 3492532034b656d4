"""What is worth the model's time: anything that WebRTC takes for voice, and a while after it."""

from typing import Protocol

import numpy as np

from pipeline.gate.grid import FRAMES, Flags, Pcm, Rows, grown
from pipeline.gate.voice import WebRtcVoice

LINGER_QUANTA = 5  # a candidate without an utterance ends this long after WebRTC's last voice


class Candidates(Protocol):
    def reserve(self, capacity: int) -> None: ...

    def open(self, row: int) -> None: ...

    def close(self, row: int) -> None: ...

    def consider(self, rows: Rows, pcm: Pcm, holding: Flags) -> tuple[Flags, Flags]:
        """(active, fresh) per stream after one quantum: listen now; and that begins with it."""


class Everything:
    """No candidates: the model hears it all."""

    def __init__(self) -> None:
        self._begun = np.zeros(0, bool)

    def reserve(self, capacity: int) -> None:
        self._begun = grown(self._begun, capacity)

    def open(self, row: int) -> None:
        self._begun[row] = False

    def close(self, row: int) -> None: ...

    def consider(self, rows: Rows, pcm: Pcm, holding: Flags) -> tuple[Flags, Flags]:
        fresh = ~self._begun[rows]
        self._begun[rows] = True
        return np.ones(len(rows), bool), fresh


class Candidate:
    """WebRTC's voice opens a candidate; it ends when neither voice nor an utterance keeps it."""

    def __init__(self) -> None:
        self._voices: dict[int, WebRtcVoice] = {}
        self._linger = np.zeros(0, np.int64)  # quanta left

    def reserve(self, capacity: int) -> None:
        self._linger = grown(self._linger, capacity)

    def open(self, row: int) -> None:
        self._voices[row] = WebRtcVoice()
        self._linger[row] = 0

    def close(self, row: int) -> None:
        del self._voices[row]

    def consider(self, rows: Rows, pcm: Pcm, holding: Flags) -> tuple[Flags, Flags]:
        votes = [self._voices[row].hear(frames) for row, frames in zip(rows.tolist(), pcm, strict=True)]
        voiced = np.array(votes, bool).reshape(-1, FRAMES).any(axis=1)
        before = self._linger[rows]
        after = self._linger[rows] = np.where(voiced | holding, LINGER_QUANTA, np.maximum(before - 1, 0))
        return after > 0, (after > 0) & (before == 0)
