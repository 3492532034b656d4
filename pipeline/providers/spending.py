"""What each client has spent today, over every ingress replica and every restart: the record knows.

The record's answer holds this process's own calls too, as far as they were delivered. So what was bought here between
the last two askings is counted beside it: for that long some of it counts twice, and none is missed.
"""

import asyncio
import logging
from collections import defaultdict
from collections.abc import Awaitable, Callable, Mapping
from datetime import datetime
from typing import Protocol

log = logging.getLogger(__name__)

RETRY_S = 1.0  # a process that has just started knows nothing yet: it asks again soon

SpentSince = Callable[[datetime], Awaitable[Mapping[str, float]]]  # USD by client; raises whatever a handle raises


class Spending:
    """One day's, in USD by client."""

    def __init__(self) -> None:
        self._recorded: Mapping[str, float] = {}
        self._before: dict[str, float] = {}  # bought here before the record was last asked, perhaps not delivered
        self._asking: defaultdict[str, float] = defaultdict(float)  # before the asking under way
        self._since: defaultdict[str, float] = defaultdict(float)

    def spend(self, cliente_codigo: str, usd: float) -> None:
        self._since[cliente_codigo] += usd

    def usd(self, cliente_codigo: str) -> float:
        parts = (self._recorded, self._before, self._asking, self._since)
        return sum(part.get(cliente_codigo, 0.0) for part in parts)

    def ask(self) -> None:
        """The record is being asked now; unanswered, nothing is forgotten."""
        for cliente_codigo, usd in self._since.items():
            self._asking[cliente_codigo] += usd
        self._since.clear()

    def learn(self, recorded: Mapping[str, float]) -> None:
        """What the record answered to the last `ask`."""
        self._recorded = recorded
        self._before, self._asking = self._asking, defaultdict(float)


class Ledger(Protocol):
    """What is kept up to date from the record; see `budget.DailyBudget`."""

    def ask(self) -> datetime:
        """The record is being asked; since when its answer should count."""

    def learn(self, since: datetime, recorded: Mapping[str, float]) -> None: ...


async def follow_record(ledger: Ledger, spent_since: SpentSince, every_s: float) -> None:
    """Ask the record now and every `every_s`, until cancelled. While it does not answer what is known stands."""
    away = False
    while True:
        since = ledger.ask()
        try:
            async with asyncio.timeout(every_s):
                ledger.learn(since, await spent_since(since))
        except Exception as error:  # the record is another process: it can fail in as many ways as Ray can
            if not away:
                log.warning("budgets count this replica alone: no word from the record (%s)", type(error).__name__)
            away = True
        else:
            away = False
        await asyncio.sleep(min(RETRY_S, every_s) if away else every_s)
