"""What a row is called: a shop's own name for it, and beside it whatever tells it from another of that name."""

from collections import Counter
from collections.abc import Sequence
from typing import Any


def labelled(rows: Sequence[tuple[Any, ...]], parts: int, *, fewest: int, nameless: str = "–") -> list[tuple[Any, ...]]:
    """The rows with their first `parts` columns made into one label, never two alike.

    Those columns go from the name to what is unique (an id). A label has the first `fewest` of them that are known,
    and as many more as it takes; `nameless` when none is known.
    """
    names = [tuple(str(part) for part in row[:parts] if part is not None) for row in rows]
    met = Counter(name[:length] for name in names for length in range(1, len(name) + 1))
    return [
        (" · ".join(_shortest(name, met, fewest)) or nameless, *row[parts:])
        for name, row in zip(names, rows, strict=True)
    ]


def _shortest(name: tuple[str, ...], met: Counter[tuple[str, ...]], fewest: int) -> tuple[str, ...]:
    lengths = range(min(fewest, len(name)), len(name))
    return next((name[:length] for length in lengths if met[name[:length]] == 1), name)
