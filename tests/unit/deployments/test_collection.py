"""Old objects are left out of collections, and what ended conversations leave behind is collected all the same."""

import asyncio
import gc
import weakref
from collections.abc import Iterator

import pytest

from deployments.collection import ENDED, FREEZE_EVERY_S, keep_collections_short

pytestmark = pytest.mark.virtual_time


class Cycle:
    def __init__(self) -> None:
        self.itself = self


@pytest.fixture(autouse=True)
def thawed() -> Iterator[None]:
    thresholds = gc.get_threshold()
    gc.disable()  # a collection that happens by itself would take what the test left before it is frozen
    yield
    gc.enable()
    gc.set_threshold(*thresholds)
    gc.unfreeze()


async def test_what_has_lived_for_a_while_is_frozen_and_cycles_go_once_many_conversations_have_ended() -> None:
    ended = 0
    keeping = asyncio.create_task(keep_collections_short(lambda: ended), name="collections")
    cycle = Cycle()
    left = weakref.ref(cycle)
    await asyncio.sleep(FREEZE_EVERY_S * 1.5)
    assert gc.get_freeze_count()
    del cycle
    gc.collect()
    assert left() is not None  # frozen with the rest
    ended = ENDED
    await asyncio.sleep(FREEZE_EVERY_S)
    assert left() is None
    keeping.cancel()


async def test_young_cycles_go_before_the_rest_is_frozen() -> None:
    keeping = asyncio.create_task(keep_collections_short(lambda: 0), name="collections")
    left = weakref.ref(Cycle())
    await asyncio.sleep(FREEZE_EVERY_S * 1.5)
    assert left() is None
    keeping.cancel()


async def test_what_a_tick_holds_for_a_moment_is_no_reason_to_collect() -> None:
    keeping = asyncio.create_task(keep_collections_short(lambda: 0), name="collections")
    await asyncio.sleep(0)
    gc.enable()
    before = gc.get_stats()[0]["collections"]
    held = [[n] for n in range(10_000)]
    assert gc.get_stats()[0]["collections"] == before
    assert len(held) == 10_000
    keeping.cancel()
