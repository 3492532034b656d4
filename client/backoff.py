"""How long to wait before connecting again.

Every counter of a chain loses its socket at the same moment when a server restarts: full jitter spreads their return.
"""

import random
from collections.abc import Callable
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Backoff:
    """Waits are uniform in [0, min(longest_s, first_s * 2**attempt)], but never under `least_s`."""

    first_s: float = 1.0
    longest_s: float = 30.0
    least_s: float = 0.1
    steady_s: float = 10.0  # a connection that held this long starts the count again
    uniform: Callable[[float, float], float] = random.uniform

    def delay_s(self, attempt: int) -> float:
        """`attempt` counts failures in a row, from 0."""
        ceiling_s = min(self.longest_s, self.first_s * 2.0 ** min(attempt, 30))
        return max(self.least_s, self.uniform(0.0, ceiling_s))
