"""One run of hops judged in plain numbers: for so few of them arrays would be dearer. The verdicts are the same.

What `Judge.judge` does for many runs at once is done here for the only one, operation by operation; a test holds both
together. Only logarithms are still taken of arrays, because the plain ones round otherwise.
"""

from bisect import bisect_left
from functools import reduce
from operator import add
from typing import NamedTuple

import numpy as np

from pipeline.gate.grid import Floats
from pipeline.gate.level import dbfs


class Run(NamedTuple):
    """A run of hops; `powers` are mean squares."""

    logits: list[float]
    levels_dbfs: list[float]
    clear: list[bool]  # hops that are voice beyond doubt
    voiced: float  # share of the hops
    change: float  # of the log-odds from one hop to the next, on average
    power: float  # mean
    power_dbfs: float
    lasting_dbfs: float  # of this run and the one before


def run_of(logits: Floats, powers: Floats, power_before: float, background: float, confident: float) -> Run:
    scores: list[float] = logits.tolist()
    count = len(scores)
    changes: list[float] = np.abs(logits[1:] - logits[:-1]).tolist()
    sums: list[float] = powers.tolist()
    power = reduce(add, sums) / count
    lasting = (power + power_before) / 2 if power_before > 0 else power
    *levels, power_dbfs, lasting_dbfs = dbfs(np.array([*sums, power, lasting])).tolist()
    voiced = sum([score > background for score in scores]) / count
    change = reduce(add, changes) / count * (count / (count - 1))
    clear = [score > confident for score in scores]
    return Run(scores, levels, clear, voiced, change, power, power_dbfs, lasting_dbfs)


def voices_of(run: Run, lowered: float, loud_dbfs: float, bounds: list[float]) -> list[int]:
    """As many bounds as each hop is above, and at least one where it is loud."""
    return [
        max(bisect_left(bounds, score - lowered), level > loud_dbfs)
        for score, level in zip(run.logits, run.levels_dbfs, strict=True)
    ]
