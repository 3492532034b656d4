"""Ten minutes, fifty counters, one answer in five a fault: in virtual time, through the whole failure policy."""

import asyncio
import random
from collections import Counter

import pytest

from configs.providers import PRICES_FILE, CallSettings
from configs.transcription import HygieneSettings
from pipeline.events import ProviderRole
from pipeline.providers.account import Account, Reply
from pipeline.providers.errors import AnswerUnreadable, CallLost, CallRefused, Category
from pipeline.providers.prices import Usage, load_prices
from pipeline.stages import StageFailed, Transcription, TranscriptionRequest
from pipeline.transcription.chain import Link, TranscriberChain
from pipeline.transcription.recognition import Recognition

pytestmark = pytest.mark.virtual_time
COUNTERS, RUN_S, DEADLINE_S = 50, 600.0, 12.0
PCM = b"\0\0" * 16_000 * 3


class Weather:
    """A provider that answers in 0.2–0.6 s, and one time in five does not, in every way there is."""

    model = "m"

    def __init__(self, name: str, seed: int) -> None:
        self.name = name
        self.at_a_time = 0
        self.most_at_a_time = 0
        self.faults: Counter[str] = Counter()
        self._chance = random.Random(seed)

    def usage(self, audio_s: float) -> Usage:
        return Usage(audio_s=audio_s)

    async def recognise(self, pcm: bytes, previous_text: str) -> Reply[Recognition]:
        self.at_a_time += 1
        self.most_at_a_time = max(self.most_at_a_time, self.at_a_time)
        try:
            await asyncio.sleep(self._chance.uniform(0.2, 0.6))
            if self._chance.random() < 0.2:
                await self._fail()
            return Reply(value=Recognition("tenho dor de cabeça"), model=self.model)
        finally:
            self.at_a_time -= 1

    async def _fail(self) -> None:
        kind = self._chance.choice(["busy", "retry-after", "500", "hang", "cut", "malformed"])
        self.faults[kind] += 1
        if kind == "hang":
            await asyncio.Event().wait()
        if kind == "malformed":
            raise AnswerUnreadable(Category.MALFORMED, "unreadable", billed=True)
        if kind == "cut":
            raise CallLost(Category.TRANSIENT, "cut", billed=True)
        category = Category.TRANSIENT if kind == "500" else Category.BUSY
        raise CallRefused(category, kind, retry_after_s=1.0 if kind == "retry-after" else None)

    async def aclose(self) -> None: ...


async def test_no_utterance_of_ten_minutes_is_lost_without_a_reason() -> None:
    clock = asyncio.get_running_loop().time
    prices = load_prices(PRICES_FILE)
    providers = [Weather("first", 1), Weather("second", 2)]
    settings = CallSettings(max_concurrent=12)
    links = [Link(p, Account(p.name, ProviderRole.TRANSCRIBER, settings, prices, clock)) for p in providers]
    transcriber = TranscriberChain(links, HygieneSettings(), 0.6, clock)
    results: list[Transcription | StageFailed] = []
    slowest_s = 0.0
    chance = random.Random(3)

    async def counter(number: int) -> None:
        nonlocal slowest_s
        asked = 0
        while clock() < RUN_S:
            await asyncio.sleep(chance.uniform(3.0, 9.0))
            asked += 1
            request = TranscriptionRequest(
                session_id=f"s{number}",
                utterance_id=f"u{number}-{asked}",
                balcao_id=f"b{number}",
                cliente_codigo="c",
                pcm=PCM,
                budget_s=DEADLINE_S,
            )
            began = clock()
            results.append(await transcriber.transcribe(request))
            slowest_s = max(slowest_s, clock() - began)

    await asyncio.gather(*(counter(number) for number in range(COUNTERS)))
    failed = [result for result in results if isinstance(result, StageFailed)]
    assert len(results) > COUNTERS * RUN_S / 15
    assert all(result.text == "tenho dor de cabeça" for result in results if isinstance(result, Transcription))
    assert all(result.category in set(Category) and result.message for result in failed)
    assert len(failed) <= 0.02 * len(results)
    assert slowest_s <= DEADLINE_S + 0.01
    assert all(provider.most_at_a_time <= 12 for provider in providers)
    assert len(providers[0].faults) == 6  # every kind was seen
    assert [link.account.turns.taken for link in links] == [0, 0]
