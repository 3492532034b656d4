"""A replica's side of shared accounts: it uses what the ledger allows it, and asks again every second.

Until it is answered it makes no call. Where nobody answers for `ALONE_AFTER_S` it makes one at a time; what it was
allowed before stands for as long as the ledger is away.
"""

import asyncio
import logging
import time
from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import Protocol

from pipeline.providers.shares import RENEW_S, Holding, Share

log = logging.getLogger(__name__)

HURRY_S = 0.2  # between two askings while somebody waits for what is being given up
ANSWER_S = 1.0
ALONE_AFTER_S = 10.0

Renew = Callable[[Sequence[Holding]], Awaitable[Mapping[str, Share]]]  # raises whatever a handle raises


class SharedAccount(Protocol):
    """An account at a provider as one replica uses it."""

    @property
    def name(self) -> str:
        """The same in every replica that uses it."""

    @property
    def limit(self) -> int:
        """Calls at a time that the plan allows, to all replicas together."""

    @property
    def held(self) -> int:
        """What this replica may be using at this moment."""

    async def allow(self, most: int) -> None:
        """Use no more than this from now on; calls under way may end."""


class Partner:
    """One of the replicas that share `accounts`."""

    def __init__(
        self, accounts: Sequence[SharedAccount], renew: Renew, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._accounts = accounts
        self._renew = renew
        self._clock = clock
        self._began_s = clock()
        self._answered = False
        self._learning = False

    async def join(self, within_s: float) -> None:
        """Give up what nobody allowed yet, and return once there is a share of everything or the time is over.

        A replica that joins before it takes work keeps no counter waiting for the others to come down. Where the
        ledger begins too, so does everything else: there is nothing to wait for.
        """
        await asyncio.gather(*(account.allow(0) for account in self._accounts))
        until_s = self._clock() + within_s
        while self._clock() < until_s:
            await self._ask()
            if self._learning or all(account.held for account in self._accounts):
                return
            await asyncio.sleep(HURRY_S)

    async def follow(self) -> None:
        """Keep to what the ledger says, until cancelled."""
        while True:
            settled = await self._ask()
            await asyncio.sleep(RENEW_S if settled else HURRY_S)

    async def _ask(self) -> bool:
        """Whether all is as it should be; False asks again soon."""
        try:
            async with asyncio.timeout(ANSWER_S):
                holdings = [Holding(account.name, account.limit, account.held) for account in self._accounts]
                answer = await self._renew(holdings)
            shares = [answer[account.name] for account in self._accounts]
        except Exception as error:  # the ledger is another process: it can fail in as many ways as Ray can
            await self._unanswered(error)
            return True
        self._answered = True
        self._learning = any(share.learning for share in shares)
        settled = [await _keep_to(account, share) for account, share in zip(self._accounts, shares, strict=True)]
        return all(settled)

    async def _unanswered(self, error: Exception) -> None:
        if self._answered or self._clock() < self._began_s + ALONE_AFTER_S:
            return
        self._answered = True  # said once
        log.error("ALERT nobody says what this replica may use of its accounts (%s): one call at a time", error)
        await asyncio.gather(*(account.allow(1) for account in self._accounts))


async def _keep_to(account: SharedAccount, share: Share) -> bool:
    before = account.held
    await account.allow(share.allowed)
    return share.allowed == share.fair and before <= share.allowed
