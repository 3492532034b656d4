"""How many counters this replica takes: counted synchronously, so that a burst cannot slip past the limit."""

from collections.abc import Iterator
from contextlib import contextmanager


class NoCapacity(Exception):
    """The replica is full, or is going away."""


class Admission:
    def __init__(self, places: int) -> None:
        self._places = places
        self.taken = 0
        self.open = True

    @contextmanager
    def place(self) -> Iterator[None]:
        """Hold a place. Raises NoCapacity."""
        if not self.open or self.taken >= self._places:
            raise NoCapacity
        self.taken += 1
        try:
            yield
        finally:
            self.taken -= 1
