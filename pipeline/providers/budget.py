"""A client's daily budget: the service degrades step by step instead of overspending.

FULL ▸ CATALOGUE (the model is not asked, the catalogue recommender is) ▸ LISTENING (nothing is transcribed either:
the gate goes on, what it heard is accounted for). A new day begins at FULL. Spending is what `ProviderCalled` says.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from datetime import date, datetime, time
from enum import IntEnum
from zoneinfo import ZoneInfo

from configs.budget import BudgetSettings
from pipeline.events import ErrorNoted, ProviderCalled
from pipeline.providers.errors import Category
from pipeline.providers.policy import operator_alerts
from pipeline.providers.spending import Spending
from pipeline.stages import (
    ListeningAlong,
    RecommendationRequest,
    Recommender,
    SpeechPart,
    StageFailed,
    StreamId,
    Transcriber,
    Transcription,
    TranscriptionRequest,
    Verdict,
)


class ServiceLevel(IntEnum):
    FULL = 0
    CATALOGUE = 1
    LISTENING = 2


class DailyBudget:
    """What each client may still have today. `alert` is told of every step down, once a day per client and step."""

    def __init__(
        self,
        settings: BudgetSettings,
        alert: Callable[[ErrorNoted], None],
        today: Callable[[], date] | None = None,
    ) -> None:
        self._zone = ZoneInfo(settings.timezone)
        self._limit_usd = settings.daily_usd_per_client
        self._catalogue_from = settings.catalogue_from
        self.alert = alert
        self._today = today or (lambda: datetime.now(self._zone).date())
        self._begin(self._today())

    def _begin(self, day: date) -> None:
        self._day = day
        self._spending = Spending()
        self._told: dict[str, ServiceLevel] = {}  # the lowest level that was alerted

    def spent_usd(self, cliente_codigo: str) -> float:
        self._turn_the_day()
        return self._spending.usd(cliente_codigo)

    def level(self, cliente_codigo: str) -> ServiceLevel:
        now = self._level_at(self.spent_usd(cliente_codigo))
        if now > self._told.get(cliente_codigo, ServiceLevel.FULL):
            self._told[cliente_codigo] = now
            self.alert(_alert(now))
        return now

    def spend(self, cliente_codigo: str, calls: Iterable[ProviderCalled]) -> None:
        """Count calls that were made here for this client."""
        self._turn_the_day()
        self._spending.spend(cliente_codigo, sum(call.cost_usd for call in calls))
        self.level(cliente_codigo)

    # --- what the record says; see `spending.follow_record`

    def ask(self) -> datetime:
        """The record is being asked; its answer should count from here."""
        self._turn_the_day()
        self._spending.ask()
        return self._began

    def learn(self, since: datetime, recorded: Mapping[str, float]) -> None:
        """USD that the calls of every replica have cost by client; an answer about another day says nothing."""
        self._turn_the_day()
        if since == self._began:
            self._spending.learn(recorded)

    @property
    def _began(self) -> datetime:
        return datetime.combine(self._day, time(), self._zone)

    def _level_at(self, spent_usd: float) -> ServiceLevel:
        if self._limit_usd is None or spent_usd < self._limit_usd * self._catalogue_from:
            return ServiceLevel.FULL
        return ServiceLevel.CATALOGUE if spent_usd < self._limit_usd else ServiceLevel.LISTENING

    def _turn_the_day(self) -> None:
        if (today := self._today()) != self._day:
            self._begin(today)


def _alert(level: ServiceLevel) -> ErrorNoted:
    what = {
        ServiceLevel.CATALOGUE: "orçamento diário de um cliente quase gasto: o catálogo responde sem o modelo",
        ServiceLevel.LISTENING: "orçamento diário de um cliente gasto: só escuta até amanhã",
    }[level]
    return ErrorNoted(component="orcamento", kind=level.name.lower(), message=what, alert=True)


class BudgetedTranscriber:
    """A Transcriber that counts what it costs and refuses when the client's budget is spent.

    A refusal that somebody must act on is told also when another provider answered in the end.
    """

    def __init__(self, transcriber: Transcriber, budget: DailyBudget) -> None:
        self._transcriber = transcriber
        self._budget = budget

    async def transcribe(self, request: TranscriptionRequest) -> Transcription | StageFailed:
        if self._budget.level(request.cliente_codigo) is ServiceLevel.LISTENING:
            return StageFailed(category=Category.BUDGET, message="orçamento diário do cliente gasto")
        result = await self._transcriber.transcribe(request)
        self._budget.spend(request.cliente_codigo, result.calls)
        if isinstance(result, Transcription):  # a failure carries its own alert
            _tell(self._budget.alert, result.calls)
        return result


class BudgetedListening:
    """A ListeningAlong that passes nothing on while the client's budget is spent: a live stream is paid for as well."""

    def __init__(self, listening: ListeningAlong, budget: DailyBudget) -> None:
        self._listening = listening
        self._budget = budget

    def feed(self, part: SpeechPart) -> None:
        if self._budget.level(part.cliente_codigo) is not ServiceLevel.LISTENING:
            self._listening.feed(part)

    def end(self, stream_id: StreamId) -> None:
        self._listening.end(stream_id)


class BudgetedRecommender:
    """A Recommender that counts what it costs and leaves the model alone when the budget is nearly spent.

    A refusal that somebody must act on is told also when the catalogue answered in the end.
    """

    def __init__(self, recommender: Recommender, budget: DailyBudget) -> None:
        self._recommender = recommender
        self._budget = budget

    async def recommend(self, request: RecommendationRequest) -> Verdict | StageFailed:
        if self._budget.level(request.cliente_codigo) > ServiceLevel.FULL:
            request = replace(request, model_allowed=False)
        result = await self._recommender.recommend(request)
        if isinstance(result, StageFailed):
            self._budget.spend(request.cliente_codigo, result.calls)
            return result
        self._budget.spend(request.cliente_codigo, result.basis.calls)
        _tell(self._budget.alert, result.basis.calls)
        return result


def _tell(alert: Callable[[ErrorNoted], None], calls: Iterable[ProviderCalled]) -> None:
    for noted in operator_alerts(calls):
        alert(noted)
