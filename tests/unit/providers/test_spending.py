"""A day's spending when the record is asked now and then, by several processes, and does not always answer."""

import asyncio
import logging
from collections import defaultdict
from collections.abc import Mapping
from datetime import date, datetime

import pytest

from configs.budget import BudgetSettings
from pipeline.events import ProviderCalled, ProviderRole
from pipeline.providers.budget import DailyBudget, ServiceLevel
from pipeline.providers.spending import Spending, follow_record


def cost(usd: float) -> ProviderCalled:
    return ProviderCalled(
        role=ProviderRole.TRANSCRIBER, provider="p", model="m", attempt=1, outcome="ok", latency_ms=1.0, cost_usd=usd
    )


class Record:
    """What was delivered to it; `away` for a while."""

    def __init__(self) -> None:
        self.usd: defaultdict[str, float] = defaultdict(float)
        self.asked: list[datetime] = []
        self.away = False
        self.takes_s = 0.0

    async def spent_since(self, moment: datetime) -> Mapping[str, float]:
        self.asked.append(moment)
        await asyncio.sleep(self.takes_s)
        if self.away:
            raise ConnectionError("the recorder is not there")
        return dict(self.usd)


def test_what_was_bought_before_an_asking_counts_until_the_answer_after_it() -> None:
    spending = Spending()
    spending.spend("c", 1.0)
    spending.ask()
    spending.spend("c", 0.1)
    spending.learn({})  # the first call was not delivered yet
    assert spending.usd("c") == pytest.approx(1.1)
    spending.ask()
    spending.learn({"c": 1.0})  # now it is; the second may be on its way
    assert spending.usd("c") == pytest.approx(1.1)
    spending.ask()
    spending.learn({"c": 1.1})
    assert spending.usd("c") == pytest.approx(1.1)


def test_askings_without_an_answer_forget_nothing() -> None:
    spending = Spending()
    for _ in range(3):
        spending.spend("c", 1.0)
        spending.ask()
    assert spending.usd("c") == pytest.approx(3.0)
    spending.learn({"c": 2.0, "d": 5.0})
    assert (spending.usd("c"), spending.usd("d")) == (pytest.approx(5.0), 5.0)
    spending.ask()
    spending.learn({"c": 3.0})
    assert spending.usd("c") == pytest.approx(3.0)


@pytest.mark.virtual_time
async def test_two_replicas_and_one_that_starts_later_hold_to_one_budget() -> None:
    record = Record()
    settings = BudgetSettings(daily_usd_per_client=1.0, refresh_s=15)

    def replica() -> tuple[DailyBudget, asyncio.Task[None]]:
        budget = DailyBudget(settings, lambda _: None, lambda: date(2026, 11, 22))
        return budget, asyncio.create_task(follow_record(budget, record.spent_since, settings.refresh_s))

    def buy(budget: DailyBudget, usd: float) -> None:
        budget.spend("c", [cost(usd)])
        record.usd["c"] += usd  # delivered at once

    (one, first), (other, second) = replica(), replica()
    await asyncio.sleep(1)
    for budget in (one, other):
        buy(budget, 0.45)
        assert budget.level("c") is ServiceLevel.FULL
    await asyncio.sleep(30)
    late, third = replica()
    await asyncio.sleep(1)
    replicas = (one, other, late)
    assert [budget.spent_usd("c") for budget in replicas] == [pytest.approx(0.9)] * 3
    assert [budget.level("c") for budget in replicas] == [ServiceLevel.CATALOGUE] * 3
    for task in (first, second, third):
        task.cancel()


@pytest.mark.virtual_time
async def test_a_record_that_does_not_answer_is_asked_again_and_told_of_once(caplog: pytest.LogCaptureFixture) -> None:
    record = Record()
    record.away = True
    budget = DailyBudget(BudgetSettings(daily_usd_per_client=1.0), lambda _: None)
    following = asyncio.create_task(follow_record(budget, record.spent_since, 15.0))
    with caplog.at_level(logging.WARNING):
        await asyncio.sleep(3.5)
        budget.spend("c", [cost(0.5)])
        assert budget.spent_usd("c") == 0.5
        record.usd["c"] = 7.0
        record.away = False
        await asyncio.sleep(1)
    assert budget.level("c") is ServiceLevel.LISTENING
    assert len(caplog.records) == 1
    record.takes_s = 60.0  # neither does an answer that never comes end it
    asked = len(record.asked)
    await asyncio.sleep(60)
    assert len(record.asked) > asked + 1
    following.cancel()
