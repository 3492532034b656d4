"""Who has had company lately: where nobody was surely heard for a minute, voice is less likely than where people talk.

Somebody who speaks is soon heard beyond doubt, also in noise as loud as the voice; sounds of the shop, music and
distant talk hardly ever are. So what is only just voice counts where it follows surer voice, and not by itself.
"""

import numpy as np

from pipeline.audio import SAMPLE_RATE_HZ
from pipeline.gate.grid import Counts, Doubles, Flags, Rows, grown

LATELY_SAMPLES = 60 * SAMPLE_RATE_HZ  # the longest that a talker was not surely heard, 0 dB above the noise: 48 s


class Company:
    """Every stream's. One begins as if somebody had just spoken."""

    def __init__(self) -> None:
        self._heard_at: Doubles = np.zeros(0)  # samples: where voice was last surely heard

    def reserve(self, capacity: int) -> None:
        self._heard_at = grown(self._heard_at, capacity)

    def open(self, row: int, origin: int, memory: float | None) -> None:
        self._heard_at[row] = origin if memory is None else memory

    def memory(self, row: int) -> float:
        return float(self._heard_at[row])

    def absent(self, rows: Rows, ends: Counts, sure: Flags) -> Flags:
        """Where nobody was heard lately, up to `ends`. `sure`: somebody was, right now."""
        self._heard_at[rows[sure]] = ends[sure]
        absent: Flags = ends - self._heard_at.take(rows) > LATELY_SAMPLES
        return absent

    def absent_from(self, row: int, end: int, sure: bool) -> bool:
        """The same for one stream, in plain numbers."""
        if sure:
            self._heard_at[row] = end
        return end - float(self._heard_at[row]) > LATELY_SAMPLES
