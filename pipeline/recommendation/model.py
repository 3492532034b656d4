"""The seam to a chat model: one question with a stable prefix, one JSON answer.

The client behind it owns keys, deadlines, retries and prices; prompt and validation are ours (`prompt.py`).
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Protocol

from pipeline.events import ProviderCalled
from pipeline.stages import StageFailed


@dataclass(frozen=True, slots=True, kw_only=True)
class ChatRequest:
    system: str  # the same bytes for every question under one catalogue and rule version: the provider caches it
    user: str
    schema_name: str
    json_schema: Mapping[str, Any]  # the answer's shape, enforced by the provider and validated again by us
    conversation_id: str  # keeps a conversation's questions on one cache
    budget_s: float
    session_id: str
    interaction_id: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ChatAnswer:
    text: str  # JSON, not yet validated
    model: str  # as the provider named it in its answer
    provider: str
    calls: tuple[ProviderCalled, ...]  # every attempt, failed ones too


class ChatModel(Protocol):
    async def complete(self, request: ChatRequest) -> ChatAnswer | StageFailed:
        """Answer within `budget_s`, or say why not. Never raises for the provider's sake."""
