"""Garbage collection out of the counters' way.

A full collection looks at everything that a thousand conversations hold, finds nothing, and stops the event loop for a
tenth of a second, every few seconds. So what has lived for a while is frozen: collections look at what is young. Cycles
that a conversation leaves behind when it ends are frozen too: they are looked for once many have ended.

A collection whenever 700 more objects are alive, the default, looks at each tick and its replies several times while
they are under way: a twentieth of an ingress's work. They are gone by themselves soon after.
"""

import asyncio
import gc
from collections.abc import Callable

FREEZE_EVERY_S = 5.0
MORE_ALIVE = 50_000  # several ticks of a thousand counters; some 10 MB
ENDED = 200  # conversations: with the audio they still hold, some 60 MB at most


def collect_rarely() -> None:
    """For a process that holds little more than a tick."""
    gc.set_threshold(MORE_ALIVE)


async def keep_collections_short(ended: Callable[[], int]) -> None:
    """Until cancelled. `ended`: how many conversations have ended so far."""
    collect_rarely()
    collected_at = 0
    while True:
        await asyncio.sleep(FREEZE_EVERY_S)
        if ended() - collected_at >= ENDED:
            collected_at = ended()
            gc.unfreeze()
        gc.collect()
        gc.freeze()
