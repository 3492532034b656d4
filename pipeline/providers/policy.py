"""The failure policy on one screen: what is done about each category of failure."""

from collections.abc import Iterable
from dataclasses import dataclass

from pipeline.events import ErrorNoted, ProviderCalled
from pipeline.providers.errors import Category


@dataclass(frozen=True, slots=True)
class Act:
    """`backoff_s`: first wait, doubled each time and jittered; None never retries.

    `trips`: "count" adds to the breaker's run of failures, "open" opens it at once, "no" says nothing about health.
    `alert`: an operator must act, nothing here can mend it.
    `shrink`: the provider says we are too many at a time, so we come with fewer.
    """

    backoff_s: float | None
    trips: str
    alert: bool = False
    shrink: bool = False


POLICY: dict[Category, Act] = {
    Category.TRANSIENT: Act(backoff_s=0.25, trips="count"),
    Category.TIMEOUT: Act(backoff_s=0.25, trips="count"),
    Category.BUSY: Act(backoff_s=0.75, trips="no", shrink=True),  # it is well, we are too many
    Category.CAPACITY: Act(backoff_s=0.75, trips="count"),
    Category.RATE: Act(backoff_s=1.0, trips="count"),
    Category.QUOTA: Act(backoff_s=None, trips="open", alert=True),
    Category.AUTH: Act(backoff_s=None, trips="open", alert=True),
    Category.INVALID: Act(backoff_s=None, trips="no", alert=True),
    Category.MALFORMED: Act(backoff_s=0.1, trips="count"),
    Category.UNAVAILABLE: Act(backoff_s=None, trips="no"),
    Category.QUEUE_FULL: Act(backoff_s=None, trips="no"),
    Category.BUDGET: Act(backoff_s=None, trips="no", alert=True),
}


ALERTING = frozenset(category.value for category, act in POLICY.items() if act.alert)


def operator_alerts(calls: Iterable[ProviderCalled]) -> list[ErrorNoted]:
    """What an operator must hear of, also when a second provider or the catalogue saved the day."""
    return [
        ErrorNoted(
            component=call.provider,
            kind=call.outcome,
            message=f"{call.provider} recusou uma chamada ({call.outcome}): é preciso agir",
            session_id=call.session_id,
            utterance_id=call.utterance_id,
            alert=True,
        )
        for call in calls
        if call.outcome in ALERTING
    ]
