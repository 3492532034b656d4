"""Every second that a realtime provider was sent is in the record once for each sending, whatever became of it."""

import asyncio
import random
from collections.abc import Iterable

import pytest

from configs.providers import PRICES_FILE, CallSettings
from configs.transcription import ElevenLabsRealtimeSettings, HygieneSettings
from pipeline.events import ProviderCalled, ProviderRole
from pipeline.providers.account import Account
from pipeline.providers.errors import CallLost, Category
from pipeline.providers.prices import load_prices
from pipeline.transcription.elevenlabs_realtime import ElevenLabsRealtime
from pipeline.transcription.recognition import Recognition

pytestmark = pytest.mark.virtual_time
SECOND = b"\0\0" * 16_000


class Provider:
    """Counts what it is sent in all its sockets; breaks when told to."""

    def __init__(self) -> None:
        self.sent_bytes = 0
        self.connections = 0
        self.breaks = False

    async def connect(self, on_partial: object) -> "Socket":
        await asyncio.sleep(0.1)
        self.connections += 1
        return Socket(self)


class Socket:
    def __init__(self, provider: Provider) -> None:
        self._provider = provider
        self.alive = True

    async def send(self, pcm: bytes, previous_text: str = "") -> None:
        self._check()
        self._provider.sent_bytes += len(pcm)
        await asyncio.sleep(0.01)

    async def commit(self, timeout_s: float) -> Recognition:
        self._check()
        await asyncio.sleep(0.25)
        self._check()
        return Recognition("dor de cabeça")

    def _check(self) -> None:
        if self._provider.breaks or not self.alive:
            self._provider.breaks = self.alive = False
            raise CallLost(Category.TRANSIENT, "the stream was closed", billed=True)

    async def close(self) -> None:
        self.alive = False
        await asyncio.sleep(0.02)


@pytest.fixture
def provider() -> Provider:
    return Provider()


@pytest.fixture
def live(provider: Provider, monkeypatch: pytest.MonkeyPatch) -> ElevenLabsRealtime:
    monkeypatch.setattr(ElevenLabsRealtime, "connect", lambda _, on_partial: provider.connect(on_partial))
    settings = ElevenLabsRealtimeSettings(call=CallSettings(max_concurrent=4, breaker_failures=1000, retry_budget=1000))
    account = Account("elevenlabs_realtime", ProviderRole.TRANSCRIBER, settings.call, load_prices(PRICES_FILE))
    return ElevenLabsRealtime(settings, "", "k", (), account, HygieneSettings())


def seconds(calls: Iterable[ProviderCalled]) -> float:
    return sum(call.audio_s or 0.0 for call in calls)


async def test_a_session_that_ends_while_somebody_speaks(live: ElevenLabsRealtime, provider: Provider) -> None:
    session = live.open("s1", balcao_id="b1")
    await session.feed(SECOND * 3)
    await asyncio.sleep(1)
    await session.settle(5.0)
    await session.feed(SECOND)
    await session.aclose()
    told = live.unclaimed()
    assert seconds(told) == provider.sent_bytes / len(SECOND) == 3
    assert {call.outcome for call in told} == {"descartada"}
    assert all(call.cost_usd > 0 and call.price_version for call in told)


async def test_audio_that_was_sent_along_and_never_got_its_turn(live: ElevenLabsRealtime, provider: Provider) -> None:
    session = live.open("s1", balcao_id="b1")
    await session.feed(SECOND * 3)
    await asyncio.sleep(1)
    await live.account.allow(0)
    failed = await session.commit("u1", 1.0)
    assert failed.calls == ()
    assert seconds(live.unclaimed()) == provider.sent_bytes / len(SECOND) == 3


@pytest.mark.parametrize("seed", range(12))
async def test_a_day_of_utterances_that_end_in_every_way(
    live: ElevenLabsRealtime, provider: Provider, seed: int
) -> None:
    chance, calls = random.Random(seed), list[ProviderCalled]()
    sessions = [live.open(f"s{number}", balcao_id="b1") for number in range(3)]
    for step in range(80):
        session = chance.choice(sessions)
        await session.feed(SECOND * chance.randint(1, 3))
        await asyncio.sleep(chance.choice([0.0, 0.05, 0.5]))
        match chance.choice(["on", "settle", "commit", "discard"]):
            case "settle":
                await session.settle(5.0)
            case "commit":
                calls += (await session.commit(f"u{step}", 5.0)).calls
            case "discard":
                await session.discard()
        calls += live.unclaimed()
    await asyncio.sleep(10)
    await live.aclose()
    calls += live.unclaimed()
    assert seconds(calls) == pytest.approx(provider.sent_bytes / len(SECOND))
    assert len(live.streams) == 0


async def test_what_a_broken_socket_had_is_paid_for_beside_what_was_sent_again(
    live: ElevenLabsRealtime, provider: Provider
) -> None:
    session = live.open("s1", balcao_id="b1")
    await session.feed(SECOND)
    await asyncio.sleep(1)
    provider.breaks = True
    await session.feed(SECOND)
    await asyncio.sleep(1)
    said = await session.commit("u1", 5.0)
    await session.aclose()
    assert provider.connections == 2
    assert seconds([*said.calls, *live.unclaimed()]) >= 3
