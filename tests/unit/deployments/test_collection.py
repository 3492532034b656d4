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
    gc.disable()  # a collection that happens by itself would take what the test left before it is frozen
    yield
    gc.enable()
    gc.unfreeze()


async def test_what_has_lived_for_a_while_is_frozen_and_cycles_go_once_many_conversations_have_ended() -> None:
    ended = 0
    keeping = asyncio.create_task(keep_collections_short(lambda: ended), name="collections")
    left = weakref.ref(Cycle())
    await asyncio.sleep(FREEZE_EVERY_S * 1.5)
    assert gc.get_freeze_count()
    gc.collect()
    assert left() is not None  # frozen with the rest
    ended = ENDED
    await asyncio.sleep(FREEZE_EVERY_S)
    assert left() is None
    keeping.cancel()
