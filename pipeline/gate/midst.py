"""What a segmenter knows in the midst of talk, as one row of numbers: a few, the lengths of its queues, the queues."""

import math
from collections.abc import Iterable, Sequence
from itertools import accumulate, chain, pairwise

SCALARS, QUEUES = 9, 4


def row_of(scalars: Iterable[float], queues: Sequence[Sequence[float]]) -> list[float]:
    return [*scalars, *map(len, queues), *chain(*queues)]


def read(row: Sequence[float]) -> tuple[Sequence[float], list[Sequence[float]]] | None:
    """Scalars and queues; None if that is no such row."""
    if len(row) < SCALARS + QUEUES or not all(map(math.isfinite, row)):
        return None
    ends = list(accumulate(map(int, row[SCALARS : SCALARS + QUEUES]), initial=SCALARS + QUEUES))
    if ends != sorted(ends) or ends[-1] != len(row):
        return None
    return row[:SCALARS], [row[first:last] for first, last in pairwise(ends)]
