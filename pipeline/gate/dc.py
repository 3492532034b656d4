"""DC removal: cheap microphones sit thousands of units off zero, which no later stage would survive."""

import numpy as np

from pipeline.gate.grid import Pcm

FOLLOW = 0.1  # of the difference per quantum: a time constant of one second
LOWEST, HIGHEST = -32_768, 32_767


class Offset:
    """One stream's mean, followed."""

    __slots__ = ("value",)

    def __init__(self, value: float | None = None) -> None:
        self.value = value  # None: the first quantum says

    def follow(self, mean: float) -> int:
        """The offset after a quantum of this mean, in whole units."""
        self.value = mean if self.value is None else self.value + FOLLOW * (mean - self.value)
        return round(self.value)


def without_offsets(offsets: list[Offset], pcm: Pcm) -> Pcm:
    """`pcm` [streams, samples] less what `offsets` follow in it, saturated to 16 bits."""
    samples = pcm.shape[1]
    sums: list[int] = np.add.reduce(pcm, axis=1, dtype=np.int32).tolist()
    whole = [offset.follow(total / samples) for offset, total in zip(offsets, sums, strict=True)]
    least, most = min(whole), max(whole)
    if least == most == 0:
        return pcm
    if int(pcm.max()) - least <= HIGHEST and int(pcm.min()) - most >= LOWEST:
        free: Pcm = pcm - np.array(whole, np.int16)[:, None]
        return free
    saturated: Pcm = np.clip(pcm - np.array(whole, np.int32)[:, None], LOWEST, HIGHEST).astype(np.int16)
    return saturated
