"""Speech on its way to a transcriber that listens along, in virtual time."""

import asyncio
from collections.abc import Sequence

import pytest

from deployments.live import LiveSpeech
from pipeline.events import ProviderCalled
from pipeline.stages import SpeechPart, StreamId
from tests.fakes.stages import said

pytestmark = pytest.mark.virtual_time


class Ears:
    def __init__(self) -> None:
        self.calls: list[tuple[int, list[StreamId]]] = []
        self.fails = False

    async def hear(self, parts: Sequence[SpeechPart], ended: Sequence[StreamId]) -> Sequence[ProviderCalled]:
        self.calls.append((len(parts), list(ended)))
        await asyncio.sleep(0.1)
        if self.fails:
            raise ConnectionError
        return said("").calls if ended else ()


def part(start: int) -> SpeechPart:
    return SpeechPart("s", "b", 0, start, b"\0\0" * 1600)


async def test_what_gathers_meanwhile_goes_in_one_call_and_calls_of_no_use_are_noted() -> None:
    ears, noted = Ears(), list[ProviderCalled]()
    live = LiveSpeech(ears.hear, noted.extend, most_parts=3, timeout_s=3.0)
    live.feed(part(0))
    await asyncio.sleep(0.05)
    for start in range(1, 6):
        live.feed(part(start))  # two of them too many: the request that closes the utterance has them
    live.end("s")
    await asyncio.sleep(0.3)
    assert ears.calls == [(1, []), (3, ["s"])]
    assert len(noted) == 1
    await live.close()


async def test_a_call_that_fails_is_not_the_last() -> None:
    ears, noted = Ears(), list[ProviderCalled]()
    live = LiveSpeech(ears.hear, noted.extend, most_parts=3, timeout_s=3.0)
    ears.fails = True
    live.feed(part(0))
    await asyncio.sleep(0.2)
    ears.fails = False
    live.feed(part(1))
    await asyncio.sleep(0.2)
    assert [count for count, _ in ears.calls] == [1, 1]
    assert noted == []
    await live.close()
