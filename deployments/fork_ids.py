"""Random ids of forked processes: no two may draw the same ones, or one would take another's objects for its own.

Ray's generator takes its seed from the system when it is first used. A process that has used it gives every fork the
same ids from then on.
"""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import ray.actor
from ray._raylet import ActorClassID, UniqueID

ACTORS: Any = ray.actor
DRAWS = 2


class SystemIds:
    """Ids for classes of actors, which Ray draws where such a class is defined: while modules are imported."""

    @staticmethod
    def from_random() -> ActorClassID:
        return ActorClassID(os.urandom(ActorClassID.size()))


@contextmanager
def generator_unused() -> Iterator[None]:
    """What is imported meanwhile leaves Ray's generator without its seed."""
    ACTORS.ActorClassID = SystemIds
    try:
        yield
    finally:
        ACTORS.ActorClassID = ActorClassID


def forks_draw_their_own() -> bool:
    """Tried with two forks of this process."""
    drawn = {_drawn_by_a_fork() for _ in range(DRAWS)}
    return len(drawn) == DRAWS and b"" not in drawn


def _drawn_by_a_fork() -> bytes:
    reading, writing = os.pipe()
    if os.fork() == 0:
        try:
            os.write(writing, UniqueID.from_random().binary())
        finally:
            os._exit(0)
    os.close(writing)
    with open(reading, "rb") as drawn:
        return drawn.read()
