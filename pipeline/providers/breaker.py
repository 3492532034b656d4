"""A circuit breaker: a provider that keeps failing is left alone for a while, then probed by one call."""

from collections.abc import Callable
from enum import Enum, auto


class BreakerState(Enum):
    CLOSED = auto()  # calls go through
    OPEN = auto()  # none do, until the time is up
    PROBING = auto()  # one call is out; its end decides


class Breaker:
    """Ask `allow()` before a call, then report exactly one of `succeeded`, `failed` or `abandoned`."""

    def __init__(self, failures: int, open_s: float, clock: Callable[[], float]) -> None:
        self._limit = failures
        self._open_s = open_s
        self._clock = clock
        self._failures = 0
        self._closed_again_at = 0.0
        self.state = BreakerState.CLOSED

    def ready(self) -> bool:
        """Whether `allow` would let a call through now; changes nothing."""
        if self.state is BreakerState.OPEN:
            return self._clock() >= self._closed_again_at
        return self.state is BreakerState.CLOSED

    def allow(self) -> bool:
        if not self.ready():
            return False
        if self.state is BreakerState.OPEN:
            self.state = BreakerState.PROBING
        return True

    def succeeded(self) -> None:
        self._failures = 0
        self.state = BreakerState.CLOSED

    def failed(self, *, open_for_s: float | None = None) -> None:
        """Count a failure; `open_for_s` opens at once, for that long."""
        self._failures += 1
        if open_for_s is not None or self.state is BreakerState.PROBING or self._failures >= self._limit:
            self.state = BreakerState.OPEN
            self._closed_again_at = self._clock() + (open_for_s or self._open_s)

    def abandoned(self) -> None:
        """The call ended without telling anything of the provider's health: a probe goes back to waiting."""
        if self.state is BreakerState.PROBING:
            self.state = BreakerState.OPEN
            self._closed_again_at = self._clock()
