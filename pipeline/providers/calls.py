"""What is asked of a provider, and what comes back."""

from dataclasses import dataclass
from typing import Generic, TypeVar

from pipeline.events import ProviderCalled
from pipeline.providers.prices import Usage

T = TypeVar("T")


@dataclass(frozen=True, slots=True, kw_only=True)
class Reply(Generic[T]):
    """A good answer of a provider. `model` is the one that answered, which may not be the one we asked for."""

    value: T
    model: str
    usage: Usage = Usage()
    http_status: int | None = None
    request_id: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Ask:
    """Who asks, for what, and how long it may take. `usage` is what a lost attempt is taken to have used."""

    turn: str
    budget_s: float
    model: str
    usage: Usage = Usage()
    session_id: str | None = None
    utterance_id: str | None = None
    interaction_id: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Answered(Generic[T]):
    value: T
    model: str
    calls: tuple[ProviderCalled, ...]
