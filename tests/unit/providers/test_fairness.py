import asyncio
from collections import Counter

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.providers.errors import Category, NotCalled
from pipeline.providers.fairness import SUCCESSES_PER_RECOVERED_SLOT, Turnstile


async def settle() -> None:
    for _ in range(5):
        await asyncio.sleep(0)


class Crowd:
    """Calls that hold their turn until told to leave, and the order in which turns came."""

    def __init__(self, turns: Turnstile) -> None:
        self.turns = turns
        self.order: list[str] = []
        self.leave = asyncio.Semaphore(0)
        self.tasks: list[asyncio.Task[None]] = []

    def come(self, key: str) -> asyncio.Task[None]:
        task = asyncio.create_task(self._hold(key))
        self.tasks.append(task)
        return task

    async def _hold(self, key: str) -> None:
        async with self.turns.turn(key):
            self.order.append(key)
            await self.leave.acquire()

    async def finish(self) -> None:
        for _ in self.tasks:
            self.leave.release()
        await asyncio.gather(*self.tasks, return_exceptions=True)


async def test_a_noisy_counter_does_not_starve_the_others() -> None:
    crowd = Crowd(Turnstile(1, 100, 100))
    for key in ["loud"] * 10 + ["a", "b", "loud", "c"]:
        crowd.come(key)
        await settle()
    await crowd.finish()
    assert crowd.order[:5] == ["loud", "loud", "a", "b", "c"]
    assert Counter(crowd.order) == {"loud": 11, "a": 1, "b": 1, "c": 1}


async def test_one_counter_may_not_fill_the_queue() -> None:
    crowd = Crowd(Turnstile(1, 100, 2))
    for _ in range(3):
        crowd.come("loud")
    await settle()
    with pytest.raises(NotCalled) as refusal:
        async with crowd.turns.turn("loud"):
            pass
    assert refusal.value.category is Category.QUEUE_FULL
    crowd.come("other")
    await settle()
    assert crowd.turns.waiting == 3
    await crowd.finish()


async def test_the_queue_is_bounded() -> None:
    crowd = Crowd(Turnstile(1, 2, 2))
    for key in "abc":
        crowd.come(key)
    await settle()
    with pytest.raises(NotCalled):
        async with crowd.turns.turn("d"):
            pass
    await crowd.finish()


async def test_who_leaves_the_queue_frees_the_place() -> None:
    crowd = Crowd(Turnstile(1, 10, 10))
    crowd.come("a")
    gone = crowd.come("b")
    crowd.come("c")
    await settle()
    gone.cancel()
    await settle()
    assert crowd.turns.waiting == 1
    await crowd.finish()
    assert crowd.order == ["a", "c"]
    assert crowd.turns.taken == 0


async def test_a_turn_that_comes_as_its_owner_leaves_is_passed_on() -> None:
    crowd = Crowd(Turnstile(1, 10, 10))
    first = crowd.come("a")
    gone = crowd.come("b")
    crowd.come("c")
    await settle()
    crowd.leave.release()
    await first  # b's future is resolved now, b itself has not run yet
    gone.cancel()
    await settle()
    assert "c" in crowd.order
    await crowd.finish()
    assert crowd.turns.taken == 0


async def test_shrinks_when_told_that_we_are_too_many_and_grows_back() -> None:
    turns = Turnstile(3, 10, 10)
    for _ in range(5):
        turns.shrink()
    assert turns.slots == 1
    for _ in range(2 * SUCCESSES_PER_RECOVERED_SLOT):
        turns.succeeded()
    assert turns.slots == 3


@settings(deadline=None, max_examples=50)
@given(st.lists(st.tuples(st.sampled_from("abc"), st.booleans()), max_size=40), st.integers(1, 4))
def test_never_more_turns_than_slots_and_none_is_lost(steps: list[tuple[str, bool]], slots: int) -> None:
    async def play() -> None:
        crowd = Crowd(Turnstile(slots, 100, 100))
        for key, cancel in steps:
            task = crowd.come(key)
            await settle()
            assert crowd.turns.taken <= slots
            if cancel:
                task.cancel()
                await settle()
        await crowd.finish()
        assert (crowd.turns.taken, crowd.turns.waiting) == (0, 0)

    asyncio.run(play())
