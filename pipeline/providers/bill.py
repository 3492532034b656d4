"""What an account is charged for, written down: one line for each attempt, answered or not."""

from dataclasses import dataclass

from pipeline.events import ProviderCalled, ProviderRole
from pipeline.providers.calls import Ask
from pipeline.providers.prices import PriceTable, Usage

UNASKED = "descartada"  # audio that was streamed, and dropped before its text was asked for: paid for, never answered


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """How an attempt ended. `error` is our own wording."""

    outcome: str  # "ok", a category, or UNASKED
    usage: Usage
    model: str
    http_status: int | None = None
    request_id: str | None = None
    error: str | None = None


class Bill:
    def __init__(self, provider: str, role: ProviderRole, prices: PriceTable) -> None:
        self._provider = provider
        self._role = role
        self._prices = prices

    def line(self, ask: Ask, attempt: int, latency_ms: float, ended: Outcome) -> ProviderCalled:
        cost_usd, price_version = self._cost(ask, ended)
        return ProviderCalled(
            session_id=ask.session_id,
            utterance_id=ask.utterance_id,
            interaction_id=ask.interaction_id,
            role=self._role,
            provider=self._provider,
            model=ended.model,
            attempt=attempt,
            outcome=str(ended.outcome),
            http_status=ended.http_status,
            latency_ms=latency_ms,
            tokens_in=ended.usage.tokens_in,
            tokens_cached=ended.usage.tokens_cached,
            tokens_out=ended.usage.tokens_out,
            audio_s=ended.usage.audio_s,
            cost_usd=cost_usd,
            price_version=price_version,
            request_id=ended.request_id,
            error=ended.error,
        )

    def _cost(self, ask: Ask, ended: Outcome) -> tuple[float, str | None]:
        cost = self._prices.cost(self._provider, ended.model, ended.usage)
        if cost[1] is None:  # a model name that only its answers carry: the price of the one we asked for
            return self._prices.cost(self._provider, ask.model, ended.usage)
        return cost
