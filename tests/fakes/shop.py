"""A conversation with scripted stages, and the counter it talks to."""

import asyncio
from typing import Any

from configs.ingress import ConversationSettings
from configs.recommendation import RecommendationSettings
from pipeline.conversation.attending import CounterGone
from pipeline.conversation.context import ConversationContext
from pipeline.conversation.conversation import Conversation, Stages
from tests.fakes.stages import COUNTER, FakeGate, FakeGateStream, FakeRecommender, FakeRecorder, FakeTranscriber

SECOND = bytes(32_000)
COMPLAINT = "estou com muita dor de cabeça desde ontem de noite e queria um remédio"


class Shop:
    """A conversation with all its stages, and what reached the counter."""

    def __init__(self, version: int = 1, **settings: float) -> None:
        self.gate = FakeGate()
        self.transcriber = FakeTranscriber()
        self.recommender = FakeRecommender()
        self.recorder = FakeRecorder()
        self.cards: list[dict[str, Any]] = []
        self.gone = False
        stages = Stages(self.gate, self.transcriber, self.recommender, self.recorder)
        self.conversation = Conversation(
            COUNTER,
            version,
            stages,
            ConversationContext(RecommendationSettings()),
            self._send,
            ConversationSettings(**settings),  # type: ignore[arg-type]
            "replica-1",
        )

    @property
    def stream(self) -> FakeGateStream:
        return self.gate.streams[0]

    async def _send(self, message: dict[str, Any]) -> None:
        if self.gone:
            raise CounterGone
        self.cards.append(message)

    async def hear(self, seconds: float) -> None:
        for _ in range(round(seconds * 10)):
            self.conversation.listen(SECOND[:3200])
            await asyncio.sleep(0.1)
