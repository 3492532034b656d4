"""Replicas that come, go, crash and are slow: what they use of an account never adds up to more than it allows."""

import asyncio
import logging
import random
from collections.abc import Mapping, Sequence

import pytest

from pipeline.providers.fairness import Turnstile
from pipeline.providers.partner import ALONE_AFTER_S, Partner
from pipeline.providers.shares import LEARNING_S, LEASE_S, RENEW_S, AccountShares, Holding, Share, fair_share

pytestmark = pytest.mark.virtual_time
LIMIT = 8


def now_s() -> float:
    return asyncio.get_running_loop().time()


class Plan:
    """The provider's own count of what is under way."""

    def __init__(self) -> None:
        self.under_way = 0
        self.most = 0

    async def call(self, seconds: float) -> None:
        self.under_way += 1
        self.most = max(self.most, self.under_way)
        try:
            await asyncio.sleep(seconds)
        finally:
            self.under_way -= 1


class Account:
    """One replica's use of the account."""

    name, limit = "scribe", LIMIT

    def __init__(self) -> None:
        self.turns = Turnstile(LIMIT, 1000, 1000)

    @property
    def held(self) -> int:
        return max(self.turns.most, self.turns.taken)

    async def allow(self, most: int) -> None:
        self.turns.allow(most)


class Shop:
    """The ledger's process, which may be away or begin anew."""

    def __init__(self) -> None:
        self.alerts: list[str] = []
        self.away = False
        self.restart()

    def restart(self) -> None:
        self.ledger = AccountShares(now_s, self.alerts.append)

    async def open(self) -> "Shop":
        """With a ledger that has learnt what there is to learn."""
        await asyncio.sleep(LEARNING_S)
        return self


class Replica:
    """Calls without end, as many at a time as it may make."""

    def __init__(self, name: str, shop: Shop, plan: Plan, call_s: float = 0.3) -> None:
        self.account = Account()
        self._name, self._shop, self._plan, self._call_s = name, shop, plan, call_s
        self._partner = Partner([self.account], self._renew, now_s)
        self._tasks: list[asyncio.Task[None]] = []

    async def _renew(self, holdings: Sequence[Holding]) -> Mapping[str, Share]:
        await asyncio.sleep(random.Random(len(self._tasks)).random() * 0.05)
        if self._shop.away:
            raise ConnectionError("nobody there")
        return self._shop.ledger.renew(self._name, holdings)

    async def start(self) -> "Replica":
        await self._partner.join(5.0)
        self._tasks.append(asyncio.create_task(self._partner.follow()))
        self._tasks += [asyncio.create_task(self._work()) for _ in range(LIMIT + 2)]
        return self

    async def _work(self) -> None:
        while True:
            async with self.account.turns.turn("c"):
                await self._plan.call(self._call_s)

    async def crash(self) -> None:
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)


def shares(*replicas: Replica) -> list[int]:
    return sorted(replica.account.turns.most for replica in replicas)


async def test_one_replica_has_all_of_it_and_two_have_half_each_as_soon_as_calls_end() -> None:
    shop, plan = await Shop().open(), Plan()
    one = await Replica("r1", shop, plan).start()
    assert shares(one) == [8]
    began_s = now_s()
    two = await Replica("r2", shop, plan).start()
    assert two.account.turns.most > 0
    assert now_s() - began_s < RENEW_S + 1.0
    await asyncio.sleep(2 * RENEW_S)
    assert shares(one, two) == [4, 4]
    assert plan.most == LIMIT
    await asyncio.gather(one.crash(), two.crash())


async def test_a_replica_that_begins_with_the_ledger_does_not_wait_for_what_comes_soon() -> None:
    shop, plan = Shop(), Plan()
    one = await Replica("r1", shop, plan).start()
    assert now_s() < 0.2
    assert shares(one) == [0]
    await asyncio.sleep(LEARNING_S + 0.5)
    assert shares(one) == [8]
    await one.crash()


async def test_what_a_crashed_replica_had_comes_back() -> None:
    shop, plan = await Shop().open(), Plan()
    one, two = await Replica("r1", shop, plan).start(), await Replica("r2", shop, plan).start()
    await two.crash()
    await asyncio.sleep(LEASE_S + 2 * RENEW_S)
    assert shares(one) == [8]
    await one.crash()


async def test_replicas_come_go_and_the_ledger_restarts_and_the_plan_is_never_exceeded() -> None:
    chance, shop, plan = random.Random(5), await Shop().open(), Plan()
    running = [await Replica("r0", shop, plan).start()]
    for number in range(1, 60):
        if len(running) > 1 and chance.random() < 0.45:
            await running.pop(chance.randrange(len(running))).crash()
        elif len(running) < 5:
            running.append(await Replica(f"r{number}", shop, plan, chance.choice([0.2, 1.0, 6.0])).start())
        if chance.random() < 0.2:
            shop.restart()
        await asyncio.sleep(chance.choice([0.1, 1.0, 5.0]))
    assert plan.most == LIMIT
    await asyncio.sleep(30)
    assert sum(shares(*running)) == LIMIT
    assert max(shares(*running)) - min(shares(*running)) <= 1
    assert not shop.alerts
    await asyncio.gather(*(replica.crash() for replica in running))


async def test_while_the_ledger_is_away_what_was_allowed_stands() -> None:
    shop, plan = await Shop().open(), Plan()
    one, two = await Replica("r1", shop, plan).start(), await Replica("r2", shop, plan).start()
    await asyncio.sleep(5)
    shop.away = True
    await asyncio.sleep(10 * LEASE_S)
    assert shares(one, two) == [4, 4]
    await asyncio.gather(one.crash(), two.crash())


async def test_an_answer_that_makes_no_sense_changes_nothing() -> None:
    shop, plan = await Shop().open(), Plan()
    one = await Replica("r1", shop, plan).start()
    ledger, shop.ledger = shop.ledger, AccountShares(now_s, shop.alerts.append)
    shop.ledger.renew = lambda replica, holdings: {}  # type: ignore[method-assign]
    await asyncio.sleep(3)
    assert shares(one) == [8]
    shop.ledger = ledger
    two = await Replica("r2", shop, plan).start()
    await asyncio.sleep(3)
    assert shares(one, two) == [4, 4]
    await asyncio.gather(one.crash(), two.crash())


async def test_a_replica_that_nobody_ever_answers_makes_one_call_at_a_time(caplog: pytest.LogCaptureFixture) -> None:
    shop, plan = Shop(), Plan()
    shop.away = True
    one = await Replica("r1", shop, plan).start()
    assert shares(one) == [0]
    await asyncio.sleep(ALONE_AFTER_S + 2)
    assert shares(one) == [1]
    assert "ALERT" in caplog.text
    shop.away = False
    await asyncio.sleep(LEARNING_S + 2)
    assert shares(one) == [8]
    await one.crash()


async def test_more_replicas_than_calls_have_one_each_and_somebody_is_told(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.CRITICAL)
    shop = await Shop().open()
    replicas = [await Replica(f"r{number}", shop, Plan()).start() for number in range(LIMIT + 2)]
    await asyncio.sleep(3)
    assert shares(*replicas) == [1] * (LIMIT + 2)
    (alert,) = shop.alerts
    assert "8 calls" in alert
    await asyncio.gather(*(replica.crash() for replica in replicas))


@pytest.mark.parametrize("replicas", range(1, LIMIT + 1))
def test_whole_calls_add_up_to_the_limit(replicas: int) -> None:
    names = [f"r{number}" for number in range(replicas)]
    parts = [fair_share(LIMIT, names, name) for name in names]
    assert sum(parts) == LIMIT
    assert max(parts) - min(parts) <= 1
    assert min(parts) >= 1
