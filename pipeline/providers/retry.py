"""How long to wait before a retry, and whether there is one at all."""

import random
from collections.abc import Callable

from pipeline.providers.errors import ProviderError
from pipeline.providers.policy import POLICY

JITTER = 0.5  # a wait is drawn from ±50 % around the plan, so that counters do not come back together


class RetryBudget:
    """Retries in hand for one provider: a bad hour must not double its traffic. Successes refill it."""

    def __init__(self, retries: float, refund: float) -> None:
        self._most = retries
        self._refund = refund
        self.left = retries

    def take(self) -> bool:
        if self.left < 1.0:
            return False
        self.left -= 1.0
        return True

    def succeeded(self) -> None:
        self.left = min(self._most, self.left + self._refund)


def retry_wait_s(error: ProviderError, attempt: int, jitter: Callable[[], float] = random.random) -> float | None:
    """Seconds before the attempt after `attempt` (from 1), or None when this failure is not retried.

    What the provider asks for (Retry-After) wins over our own plan.
    """
    backoff_s = POLICY[error.category].backoff_s
    if backoff_s is None:
        return None
    if error.retry_after_s is not None:
        return error.retry_after_s
    return float(backoff_s * 2 ** (attempt - 1) * (1.0 + JITTER * (2.0 * jitter() - 1.0)))
