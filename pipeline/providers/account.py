"""One account at one provider: every call goes through here and comes back with what each attempt cost.

From the outside in: deadline ▸ retries (budgeted) ▸ breaker ▸ a fair turn ▸ one attempt.
"""

import asyncio
import logging
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import TypeVar

import stamina

from configs.providers import CallSettings
from pipeline.events import ProviderCalled, ProviderRole
from pipeline.providers.bill import UNASKED, Bill, Outcome
from pipeline.providers.breaker import Breaker, BreakerState
from pipeline.providers.calls import Answered, Ask, Reply
from pipeline.providers.errors import CallLost, Category, NotCalled, ProviderError
from pipeline.providers.fairness import Turnstile
from pipeline.providers.policy import POLICY
from pipeline.providers.prices import PriceTable, Usage
from pipeline.providers.retry import RetryBudget, retry_wait_s
from pipeline.stages import StageFailed

log = logging.getLogger(__name__)

T = TypeVar("T")

stamina.instrumentation.set_on_retry_hooks(())  # every attempt is in the record; a log line for each says nothing more


@dataclass(slots=True)
class _Asking:
    """One `call` in progress: its deadline and what was tried so far."""

    ask: Ask
    deadline_s: float
    timeout: asyncio.Timeout
    calls: list[ProviderCalled] = field(default_factory=list)

    @property
    def attempt(self) -> int:
        return len(self.calls) + 1


class Account:
    """Concurrency, breaker and retry budget belong to the account and are shared by all counters."""

    def __init__(
        self,
        provider: str,
        role: ProviderRole,
        settings: CallSettings,
        prices: PriceTable,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self.provider = provider
        self.turns = Turnstile(settings.max_concurrent, settings.queue_limit, settings.queue_limit_per_counter)
        self.breaker = Breaker(settings.breaker_failures, settings.breaker_open_s, clock)
        self._role = role
        self._settings = settings
        self._bill = Bill(provider, role, prices)
        self._clock = clock
        self._retries = RetryBudget(settings.retry_budget, settings.retry_refund)

    # --- the account is shared with other replicas: `partner.SharedAccount`

    @property
    def name(self) -> str:
        return f"{self.provider}/{self._role}"

    @property
    def limit(self) -> int:
        return self._settings.max_concurrent

    @property
    def held(self) -> int:
        return max(self.turns.most, self.turns.taken)

    async def allow(self, most: int) -> None:
        self.turns.allow(most)

    async def call(self, attempt: Callable[[], Awaitable[Reply[T]]], ask: Ask) -> Answered[T] | StageFailed:
        """Make the call within `ask.budget_s`, queueing and retries included. Failure is a value, not an exception."""
        timeout = asyncio.timeout(ask.budget_s)
        asking = _Asking(ask, self._clock() + ask.budget_s, timeout)
        try:
            async with timeout:
                reply = await self._with_retries(attempt, asking)
        except TimeoutError:
            return self._gave_up(CallLost(Category.TIMEOUT, f"{self.provider}: no answer within the deadline"), asking)
        except ProviderError as error:
            return self._gave_up(error, asking)
        return Answered(value=reply.value, model=reply.model, calls=tuple(asking.calls))

    def unasked(self, model: str, usage: Usage, session_id: str) -> ProviderCalled:
        """For the record: what was streamed to this account and dropped before anything was asked of it."""
        ask = Ask(turn=session_id, budget_s=0.0, model=model, session_id=session_id)
        return self._bill.line(ask, 0, 0.0, Outcome(outcome=UNASKED, usage=usage, model=model))

    async def _with_retries(self, attempt: Callable[[], Awaitable[Reply[T]]], asking: _Asking) -> Reply[T]:
        def wait(error: Exception) -> bool | float:
            return self._wait_before_retry(error, asking)

        tries = stamina.retry_context(on=wait, attempts=self._settings.attempts, timeout=None)
        async for one in tries:
            with one:
                return await self._allowed(attempt, asking)
        raise AssertionError("stamina ends by answer or by exception")  # pragma: no cover

    def _wait_before_retry(self, error: Exception, asking: _Asking) -> bool | float:
        """Seconds to wait, or False: not retryable, no time left for it, or the retry budget is spent."""
        if not isinstance(error, ProviderError) or len(asking.calls) >= self._settings.attempts:
            return False
        wait_s = retry_wait_s(error, len(asking.calls))
        if wait_s is None or self._clock() + wait_s >= asking.deadline_s or not self.breaker.ready():
            return False
        return wait_s if self._retries.take() else False

    async def _allowed(self, attempt: Callable[[], Awaitable[Reply[T]]], asking: _Asking) -> Reply[T]:
        async with self.turns.turn(asking.ask.turn):
            if not self.breaker.allow():
                raise NotCalled(Category.UNAVAILABLE, f"{self.provider} keeps failing and is being left alone")
            return await self._attempt(attempt, asking)

    async def _attempt(self, attempt: Callable[[], Awaitable[Reply[T]]], asking: _Asking) -> Reply[T]:
        started_s = self._clock()
        try:
            async with asyncio.timeout(self._settings.attempt_timeout_s):
                reply = await attempt()
        except ProviderError as error:
            self._failed(error, asking, started_s)
            raise
        except TimeoutError:
            lost = CallLost(Category.TIMEOUT, f"{self.provider}: the answer took too long", billed=True)
            self._failed(lost, asking, started_s)
            raise lost from None
        except asyncio.CancelledError:
            # The deadline of the whole call, or the caller left: the provider may bill what it was sent.
            sent, model = asking.ask.usage, asking.ask.model
            left = Outcome(outcome=Category.TIMEOUT, usage=sent, model=model, error="cancelled")
            self._note(asking, started_s, left)
            if asking.timeout.expired():
                self._tripped(Category.TIMEOUT)
            else:
                self.breaker.abandoned()
            raise
        except BaseException:
            self.breaker.abandoned()
            raise
        self._succeeded(reply, asking, started_s)
        return reply

    def _tripped(self, category: Category, open_for_s: float | None = None) -> None:
        before = self.breaker.state
        self.breaker.failed(open_for_s=open_for_s)
        if before is BreakerState.CLOSED and self.breaker.state is BreakerState.OPEN:
            log.error("ALERT %s/%s: it keeps failing (%s) and is being left alone", self.provider, self._role, category)

    def _succeeded(self, reply: Reply[T], asking: _Asking, started_s: float) -> None:
        if self.breaker.state is not BreakerState.CLOSED:
            log.warning("%s/%s answers again", self.provider, self._role)
        self.breaker.succeeded()
        self.turns.succeeded()
        self._retries.succeeded()
        ended = Outcome(
            outcome="ok",
            usage=reply.usage,
            model=reply.model,
            http_status=reply.http_status,
            request_id=reply.request_id,
        )
        self._note(asking, started_s, ended)

    def _failed(self, error: ProviderError, asking: _Asking, started_s: float) -> None:
        act = POLICY[error.category]
        if act.shrink:
            self.turns.shrink()
        if act.trips == "open":
            self._tripped(error.category, self._settings.breaker_refused_open_s)
        elif act.trips == "count":
            self._tripped(error.category)
        else:
            self.breaker.abandoned()
        ended = Outcome(
            outcome=error.category,
            usage=asking.ask.usage if error.billed else Usage(),
            model=asking.ask.model,
            http_status=error.http_status,
            request_id=error.request_id,
            error=error.message,
        )
        self._note(asking, started_s, ended)

    def _note(self, asking: _Asking, started_s: float, ended: Outcome) -> None:
        latency_ms = (self._clock() - started_s) * 1000.0
        asking.calls.append(self._bill.line(asking.ask, asking.attempt, latency_ms, ended))

    def _gave_up(self, error: ProviderError, asking: _Asking) -> StageFailed:
        return StageFailed(
            category=error.category,
            message=error.message,
            calls=tuple(asking.calls),
            alert=POLICY[error.category].alert,
        )
