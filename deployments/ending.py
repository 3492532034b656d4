"""What a replica does when Serve stops it."""

from collections.abc import Awaitable, Callable
from typing import Any


def at_its_end(replica: object, close: Callable[[], Awaitable[None]]) -> None:
    """Have Serve await `close` before the replica's process ends. To be called once there is something to close.

    Serve awaits what it finds as the replica's `__del__`. Were that a method of its class, both Serve and Python would
    call it of a replica that could not start too: which has nothing to close, and complains of that in place of the
    reason.
    """
    stopped: Any = replica
    stopped.__del__ = close
