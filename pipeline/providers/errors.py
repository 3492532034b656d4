"""What can go wrong between us and somebody else's service.

    ProviderError            anything below; carries the category that decides what is done about it
    ├── NotCalled            we did not ask: breaker open, queue full, no time left
    ├── CallLost             we asked and got no whole answer: refused connection, stall, cut body, closed socket
    ├── CallRefused          the provider answered with an error
    └── AnswerUnreadable     the provider answered 200 and what it said cannot be used

What each category leads to is in `policy`; which vendor code is which category is in `classify`.
Messages are our own wording: never a vendor's text, a key or anything that was said.
"""

from enum import StrEnum


class Category(StrEnum):
    """Why a call failed, as it is recorded (`ProviderCalled.outcome`, `StageFailed.category`)."""

    TRANSIENT = "transitoria"  # transport trouble, 408, 5xx
    TIMEOUT = "prazo"  # no answer in time
    BUSY = "ocupado"  # more calls at a time than the account's plan allows
    CAPACITY = "sobrecarga"  # the provider has too much to do, with everybody's calls
    RATE = "limite"  # requests per minute
    QUOTA = "cota"  # credit or plan used up: somebody must pay
    AUTH = "credencial"  # key, permission or account: somebody must act
    INVALID = "pedido_invalido"  # the provider says that our request is wrong: our bug
    MALFORMED = "resposta_invalida"  # an answer that is not what was agreed
    UNAVAILABLE = "indisponivel"  # our breaker is open: not asked
    QUEUE_FULL = "fila_cheia"  # too many wait already: not asked
    BUDGET = "orcamento"  # the client's daily budget is spent: not asked


class ProviderError(Exception):
    """Base of the tree. `billed`: the provider may well charge for this attempt, so its cost is counted."""

    def __init__(
        self,
        category: Category,
        message: str,
        *,
        http_status: int | None = None,
        retry_after_s: float | None = None,
        request_id: str | None = None,
        billed: bool = False,
    ) -> None:
        super().__init__(message)
        self.category = category
        self.message = message
        self.http_status = http_status
        self.retry_after_s = retry_after_s
        self.request_id = request_id
        self.billed = billed


class NotCalled(ProviderError):
    """Nothing was sent: the breaker is open, the queue is full, or the budget is spent."""


class CallLost(ProviderError):
    """No whole answer came: connection refused or cut, or the time ran out."""


class CallRefused(ProviderError):
    """The provider answered with an error status or an error message."""


class AnswerUnreadable(ProviderError):
    """The provider answered with success, and the answer does not have the agreed form."""
