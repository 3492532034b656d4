"""Failover and back again, with scripted providers and virtual time."""

import asyncio
from collections.abc import Sequence

import pytest

from configs.providers import PRICES_FILE, CallSettings
from configs.transcription import HygieneSettings
from pipeline.events import ProviderRole
from pipeline.providers.account import Account
from pipeline.providers.calls import Reply
from pipeline.providers.errors import CallLost, CallRefused, Category
from pipeline.providers.prices import Usage, load_prices
from pipeline.stages import StageFailed, Transcription, TranscriptionRequest
from pipeline.transcription.chain import Link, TranscriberChain
from pipeline.transcription.recognition import Recognition

pytestmark = pytest.mark.virtual_time
PRICES = load_prices(PRICES_FILE)
SECOND = b"\0\0" * 16_000


class ScriptedProvider:
    """Answers in order; the last step repeats. An exception is raised, "hang" never ends."""

    model = "m"

    def __init__(self, name: str, steps: Sequence[object]) -> None:
        self.name = name
        self.closed = False
        self.heard: list[str] = []
        self._steps = list(steps)

    def usage(self, audio_s: float) -> Usage:
        return Usage(audio_s=audio_s)

    async def recognise(self, pcm: bytes, previous_text: str) -> Reply[Recognition]:
        step = self._steps.pop(0) if len(self._steps) > 1 else self._steps[0]
        self.heard.append(previous_text)
        if isinstance(step, Exception):
            raise step
        if step == "hang":
            await asyncio.Event().wait()
        return Reply(value=Recognition(str(step), (), "pt"), model=self.model)

    async def aclose(self) -> None:
        self.closed = True


def chain(*providers: ScriptedProvider, **changes: object) -> TranscriberChain:
    clock = asyncio.get_running_loop().time
    settings = CallSettings.model_validate({"attempts": 1, "breaker_failures": 2, "breaker_open_s": 10.0} | changes)
    links = [
        Link(provider, Account(provider.name, ProviderRole.TRANSCRIBER, settings, PRICES, clock))
        for provider in providers
    ]
    return TranscriberChain(links, HygieneSettings(), 0.6, clock)


def request(pcm: bytes = SECOND * 3, budget_s: float = 5.0, previous_text: str = "") -> TranscriptionRequest:
    return TranscriptionRequest(
        session_id="s",
        utterance_id="u",
        balcao_id="b",
        cliente_codigo="c",
        pcm=pcm,
        budget_s=budget_s,
        previous_text=previous_text,
    )


def text_of(result: Transcription | StageFailed) -> tuple[str, str]:
    assert isinstance(result, Transcription)
    return result.provider, result.text


DOWN = CallLost(Category.TRANSIENT, "down")


async def test_the_first_provider_answers_while_it_is_well() -> None:
    second = ScriptedProvider("second", ["dois"])
    result = await chain(ScriptedProvider("first", ["um"]), second).transcribe(request())
    assert text_of(result) == ("first", "um")
    assert second.heard == []


async def test_the_second_answers_when_the_first_fails_and_both_calls_are_kept() -> None:
    result = await chain(ScriptedProvider("first", [DOWN]), ScriptedProvider("second", ["dois"])).transcribe(request())
    assert text_of(result) == ("second", "dois")
    assert [(call.provider, call.outcome) for call in result.calls] == [("first", "transitoria"), ("second", "ok")]


async def test_a_hung_first_provider_leaves_time_for_the_second() -> None:
    started = asyncio.get_running_loop().time()
    result = await chain(ScriptedProvider("first", ["hang"]), ScriptedProvider("second", ["dois"])).transcribe(
        request()
    )
    assert text_of(result) == ("second", "dois")
    assert asyncio.get_running_loop().time() - started == pytest.approx(3.0)


async def test_a_broken_provider_is_passed_over_and_used_again_when_it_is_well() -> None:
    first = ScriptedProvider("first", [DOWN, DOWN, "um"])
    both = chain(first, ScriptedProvider("second", ["dois"]))
    for _ in range(2):
        await both.transcribe(request())
    assert text_of(await both.transcribe(request())) == ("second", "dois")
    assert len(first.heard) == 2  # its breaker is open: not asked
    await asyncio.sleep(10.0)
    assert text_of(await both.transcribe(request())) == ("first", "um")
    assert text_of(await both.transcribe(request())) == ("first", "um")


async def test_when_all_fail_the_last_failure_is_told_with_every_call() -> None:
    quota = CallRefused(Category.QUOTA, "no credit", http_status=401)
    result = await chain(ScriptedProvider("first", [quota]), ScriptedProvider("second", [DOWN])).transcribe(request())
    assert isinstance(result, StageFailed)
    assert (result.category, result.alert) == (Category.TRANSIENT, True)
    assert [call.outcome for call in result.calls] == [Category.QUOTA, Category.TRANSIENT]


async def test_everything_fails_within_the_budget() -> None:
    started = asyncio.get_running_loop().time()
    both = chain(ScriptedProvider("first", ["hang"]), ScriptedProvider("second", ["hang"]))
    result = await both.transcribe(request(budget_s=5.0))
    assert isinstance(result, StageFailed)
    assert result.category == Category.TIMEOUT
    assert asyncio.get_running_loop().time() - started == pytest.approx(5.0)


@pytest.mark.parametrize("pcm", [b"", SECOND[: 2 * 1599]])
async def test_less_than_a_tenth_of_a_second_is_nothing_and_asks_nobody(pcm: bytes) -> None:
    provider = ScriptedProvider("first", ["um"])
    result = await chain(provider).transcribe(request(pcm=pcm))
    assert isinstance(result, Transcription)
    assert (result.text, result.calls, provider.heard) == ("", (), [])


async def test_text_comes_out_clean_and_says_what_was_removed() -> None:
    provider = ScriptedProvider("first", ["(tosse) dor de cabeça há dois dias"])
    result = await chain(provider).transcribe(request(previous_text="eu tenho dor de cabeça"))
    assert isinstance(result, Transcription)
    assert (result.text, result.words) == ("há dois dias", 3)
    assert result.removed == ("event tag: (tosse)", "heard before: dor de cabeça")


async def test_closing_closes_every_provider() -> None:
    providers = [ScriptedProvider("first", ["um"]), ScriptedProvider("second", ["dois"])]
    await chain(*providers).aclose()
    assert all(provider.closed for provider in providers)
