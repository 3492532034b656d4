from collections.abc import Sequence
from dataclasses import replace
from datetime import date, datetime
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from configs.budget import BudgetSettings
from pipeline.events import ErrorNoted, ProviderCalled, ProviderRole
from pipeline.providers.budget import (
    BudgetedListening,
    BudgetedRecommender,
    BudgetedTranscriber,
    DailyBudget,
    ServiceLevel,
)
from pipeline.stages import (
    Basis,
    RecommendationRequest,
    Silence,
    SpeechPart,
    StageFailed,
    Transcription,
    TranscriptionRequest,
    Verdict,
)


def cost(usd: float) -> ProviderCalled:
    return ProviderCalled(
        role=ProviderRole.TRANSCRIBER, provider="p", model="m", attempt=1, outcome="ok", latency_ms=1.0, cost_usd=usd
    )


class Day:
    now = date(2026, 11, 22)

    def __call__(self) -> date:
        return self.now


def make(limit_usd: float | None = 1.0) -> tuple[DailyBudget, list[ErrorNoted], Day]:
    alerts: list[ErrorNoted] = []
    day = Day()
    settings = BudgetSettings(daily_usd_per_client=limit_usd, catalogue_from=0.8)
    return DailyBudget(settings, alerts.append, day), alerts, day


def test_degrades_step_by_step_and_alerts_once_for_each() -> None:
    budget, alerts, _ = make()
    levels = []
    for _ in range(12):
        budget.spend("c1", [cost(0.1)])
        levels.append(budget.level("c1"))
    assert levels[:7] == [ServiceLevel.FULL] * 7
    assert levels[8] is ServiceLevel.CATALOGUE
    assert levels[-1] is ServiceLevel.LISTENING
    assert [alert.kind for alert in alerts] == ["catalogue", "listening"]
    assert all(alert.alert and "c1" not in alert.message for alert in alerts)


def test_clients_do_not_share_a_budget_and_midnight_gives_a_new_one() -> None:
    budget, _, day = make()
    budget.spend("c1", [cost(2.0)])
    assert budget.level("c2") is ServiceLevel.FULL
    day.now = date(2026, 11, 23)
    assert budget.level("c1") is ServiceLevel.FULL
    assert budget.spent_usd("c1") == 0.0


def test_without_a_limit_nothing_is_ever_refused() -> None:
    budget, alerts, _ = make(None)
    budget.spend("c1", [cost(1e9)])
    assert (budget.level("c1"), alerts) == (ServiceLevel.FULL, [])


@given(st.lists(st.floats(0, 0.3), max_size=30))
def test_the_level_never_rises_within_a_day(costs: Sequence[float]) -> None:
    budget, alerts, _ = make()
    levels = []
    for usd in costs:
        budget.spend("c1", [cost(usd)])
        levels.append(budget.level("c1"))
    assert levels == sorted(levels)
    assert len(alerts) <= 2


def test_what_the_record_says_counts_from_the_first_answer_on() -> None:
    """A restarted replica, or one of several: the day does not begin again with it."""
    budget, alerts, _ = make()
    since = budget.ask()
    assert since == datetime(2026, 11, 22, tzinfo=ZoneInfo("America/Sao_Paulo"))
    budget.learn(since, {"c1": 0.85, "c2": 1.2})
    levels = [budget.level(client) for client in ("c1", "c2", "c3")]
    assert levels == [ServiceLevel.CATALOGUE, ServiceLevel.LISTENING, ServiceLevel.FULL]
    budget.spend("c1", [cost(0.2)])
    assert budget.level("c1") is ServiceLevel.LISTENING
    assert [alert.kind for alert in alerts] == ["catalogue", "listening", "listening"]


def test_a_step_is_told_once_also_when_the_record_says_less_than_was_feared() -> None:
    budget, alerts, _ = make()
    budget.spend("c1", [cost(0.5)])
    since = budget.ask()
    budget.learn(since, {"c1": 0.5})  # ours may be in there or not: 1.0 is feared
    assert budget.level("c1") is ServiceLevel.LISTENING
    budget.learn(budget.ask(), {"c1": 0.5})
    assert budget.level("c1") is ServiceLevel.FULL
    budget.spend("c1", [cost(0.5)])
    assert budget.level("c1") is ServiceLevel.LISTENING
    assert [alert.kind for alert in alerts] == ["listening"]


def test_an_answer_about_yesterday_says_nothing_of_today() -> None:
    budget, _, day = make()
    since = budget.ask()
    day.now = date(2026, 11, 23)
    budget.learn(since, {"c1": 2.0})
    assert (budget.spent_usd("c1"), budget.level("c1")) == (0.0, ServiceLevel.FULL)


class CountingTranscriber:
    asked = 0

    async def transcribe(self, request: TranscriptionRequest) -> Transcription | StageFailed:
        self.asked += 1
        return Transcription(text="oi", provider="p", model="m", calls=(cost(0.6),))


class NotingRecommender:
    def __init__(self, outcome: str = "ok") -> None:
        self.allowed: list[bool] = []
        self._outcome = outcome

    async def recommend(self, request: RecommendationRequest) -> Verdict | StageFailed:
        self.allowed.append(request.model_allowed)
        return Silence(reason="x", basis=Basis(engine="e", calls=(replace(cost(0.3), outcome=self._outcome),)))


TRANSCRIBE = TranscriptionRequest(
    session_id="s", utterance_id="u", balcao_id="b", cliente_codigo="c1", pcm=b"", budget_s=1.0
)
RECOMMEND = RecommendationRequest(
    session_id="s", interaction_id="i", balcao_id="b", cliente_codigo="c1", conversation_id="c", heard=()
)


async def test_both_stages_draw_on_one_budget() -> None:
    budget, _, _ = make()
    counting, noting = CountingTranscriber(), NotingRecommender()
    transcriber, recommender = BudgetedTranscriber(counting, budget), BudgetedRecommender(noting, budget)
    assert isinstance(await transcriber.transcribe(TRANSCRIBE), Transcription)  # 0.6
    await recommender.recommend(RECOMMEND)  # 0.9: the model still answered this one
    await recommender.recommend(RECOMMEND)  # 1.2
    refused = await transcriber.transcribe(TRANSCRIBE)
    assert isinstance(refused, StageFailed)
    assert (refused.category, refused.calls) == ("orcamento", ())
    assert counting.asked == 1
    assert noting.allowed == [True, False]
    assert budget.spent_usd("c1") == pytest.approx(1.2)


def test_a_live_stream_is_fed_until_the_budget_is_spent() -> None:
    budget, _, _ = make()
    heard: list[str] = []

    class Listening:
        def feed(self, part: SpeechPart) -> None:
            heard.append(part.cliente_codigo)

        def end(self, stream_id: str) -> None:
            heard.append(stream_id)

    listening = BudgetedListening(Listening(), budget)
    for usd in (0.9, 0.1):
        listening.feed(SpeechPart("s", "b", 0, 0, b"", cliente_codigo="c1"))
        budget.spend("c1", [cost(usd)])
    listening.feed(SpeechPart("s", "b", 0, 0, b"", cliente_codigo="c1"))
    listening.feed(SpeechPart("s", "b", 0, 0, b"", cliente_codigo="c2"))
    listening.end("s")
    assert heard == ["c1", "c1", "c2", "s"]


async def test_a_spent_credit_is_told_although_the_catalogue_answered() -> None:
    budget, alerts, _ = make(None)
    await BudgetedRecommender(NotingRecommender("cota"), budget).recommend(RECOMMEND)
    await BudgetedRecommender(NotingRecommender("transitoria"), budget).recommend(RECOMMEND)
    assert [(alert.component, alert.kind, alert.alert) for alert in alerts] == [("p", "cota", True)]
