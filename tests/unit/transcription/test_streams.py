"""Who holds a socket when the plan allows fewer than there are counters."""

import pytest

from pipeline.providers.errors import Category, NotCalled
from pipeline.transcription.streams import Streams


class Counter:
    def __init__(self, streams: Streams, *, idle: bool = True) -> None:
        self._streams = streams
        self.idle = idle
        self.made_way = 0

    async def make_way(self) -> None:
        self.made_way += 1
        self._streams.leave(self)


async def test_the_one_that_spoke_longest_ago_makes_way() -> None:
    streams = Streams(2)
    one, two, three = (Counter(streams) for _ in range(3))
    await streams.enter(one)
    await streams.enter(two)
    streams.spoke(one)
    await streams.enter(three)
    assert (one.made_way, two.made_way, three.made_way, len(streams)) == (0, 1, 0, 2)


async def test_one_that_speaks_keeps_its_place_and_one_that_has_a_place_may_come_again() -> None:
    streams = Streams(1)
    speaking, other = Counter(streams, idle=False), Counter(streams)
    await streams.enter(speaking)
    with pytest.raises(NotCalled) as refused:
        await streams.enter(other)
    assert refused.value.category is Category.QUEUE_FULL
    await streams.enter(speaking)
    assert (len(streams), speaking.made_way) == (1, 0)
    streams.leave(speaking)
    await streams.enter(other)
    assert len(streams) == 1


async def test_fewer_places_send_idle_ones_away_at_once_and_others_once_they_have_ended() -> None:
    streams = Streams(3)
    speaking, idle, other = Counter(streams, idle=False), Counter(streams), Counter(streams)
    for counter in (speaking, idle, other):
        await streams.enter(counter)
    await streams.allow(0)
    assert (len(streams), speaking.made_way, idle.made_way, other.made_way) == (1, 0, 1, 1)
    with pytest.raises(NotCalled):
        await streams.enter(idle)
    speaking.idle = True
    await streams.allow(0)
    assert len(streams) == 0
    await streams.allow(1)
    await streams.enter(idle)
