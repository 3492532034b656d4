"""A provider's call is paid for whether its answer is still wanted or not, in virtual time."""

import asyncio
from collections.abc import Sequence
from dataclasses import replace

import pytest

from configs.budget import BudgetSettings
from pipeline.events import ErrorNoted, ProviderCalled
from pipeline.providers.budget import BudgetedTranscriber, DailyBudget
from pipeline.providers.left_calls import LeftCalls, SeenThroughRecommender, SeenThroughTranscriber
from pipeline.stages import RecommendationRequest, Silence, StageFailed, Transcription, TranscriptionRequest
from tests.fakes.stages import BASIS, FakeRecommender, FakeTranscriber, said

pytestmark = pytest.mark.virtual_time

SPEECH = TranscriptionRequest(
    session_id="s", utterance_id="u", balcao_id="b", cliente_codigo="1", pcm=b"", budget_s=9.0
)
QUESTION = RecommendationRequest(
    session_id="s", interaction_id="i", balcao_id="b", cliente_codigo="1", conversation_id="c", heard=()
)


class Noted(list[ProviderCalled]):
    def __call__(self, calls: Sequence[ProviderCalled]) -> None:
        self.extend(calls)


def paid(text: str) -> Transcription:
    answer = said(text)
    return replace(answer, calls=(replace(answer.calls[0], cost_usd=0.01),))


async def test_an_answer_that_is_waited_for_is_its_callers_to_record() -> None:
    noted = Noted()
    answer = paid("oi")
    transcriber = SeenThroughTranscriber(FakeTranscriber([answer], [1.0]), LeftCalls(noted))
    assert await transcriber.transcribe(SPEECH) == answer
    assert noted == []


async def test_a_text_that_nobody_waits_for_any_more_is_recorded_and_counted_against_the_budget() -> None:
    noted, alerts = Noted(), list[ErrorNoted]()
    answer = paid("oi")
    budget = DailyBudget(BudgetSettings(daily_usd_per_client=100.0), alerts.append)
    transcriber = BudgetedTranscriber(FakeTranscriber([answer], [1.0]), budget)
    with pytest.raises(TimeoutError):
        async with asyncio.timeout(0.5):
            await SeenThroughTranscriber(transcriber, LeftCalls(noted)).transcribe(SPEECH)
    assert noted == []
    await asyncio.sleep(1.0)
    assert noted == list(answer.calls)
    assert budget.spent_usd("1") == 0.01


async def test_a_verdict_and_a_failure_are_recorded_too() -> None:
    noted = Noted()
    left = LeftCalls(noted)
    verdict = Silence(reason="nada", basis=replace(BASIS, calls=paid("").calls))
    failure = StageFailed(category="timeout", message="-", calls=paid("").calls)
    recommender = SeenThroughRecommender(FakeRecommender([verdict], 1.0), left)
    transcriber = SeenThroughTranscriber(FakeTranscriber([failure], [1.0]), left)
    asking = [asyncio.create_task(recommender.recommend(QUESTION)), asyncio.create_task(transcriber.transcribe(SPEECH))]
    await asyncio.sleep(0.5)
    for task in asking:
        task.cancel()
    await asyncio.wait(asking)
    await left.settle(1.0)
    await asyncio.sleep(0)
    assert sorted(call.call_id for call in noted) == sorted(
        call.call_id for call in (*verdict.basis.calls, *failure.calls)
    )


async def test_a_drain_waits_for_them_only_so_long_and_a_call_that_raises_is_nothing_to_record() -> None:
    noted = Noted()
    left = LeftCalls(noted)
    slow = SeenThroughTranscriber(FakeTranscriber([said("oi")], [60.0]), left)
    broken = SeenThroughTranscriber(FakeTranscriber([RuntimeError("lost")], [0.2]), left)
    for transcriber in (slow, broken):
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(0.1):
                await transcriber.transcribe(SPEECH)
    began = asyncio.get_running_loop().time()
    await left.settle(3.0)
    assert asyncio.get_running_loop().time() - began == pytest.approx(3.0)
    await asyncio.sleep(100)
    assert noted == []
