"""For every fault: what the counter sees, what is recorded, and that the next utterance is fine; as the docs say it."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from typing import Any

import pytest

from configs.budget import BudgetSettings
from configs.environment import Environment
from configs.ingress import ConversationSettings
from configs.model import ModelSettings
from configs.recommendation import RecommendationSettings
from configs.transcription import TranscriptionSettings
from pipeline.conversation.context import ConversationContext
from pipeline.conversation.conversation import Conversation, Stages
from pipeline.events import Decided, ErrorNoted, InteractionOutcome, ProviderCalled, Shown, Transcribed
from pipeline.providers.budget import BudgetedRecommender, BudgetedTranscriber, DailyBudget
from pipeline.recommendation.chat import make_chat_model
from pipeline.recommendation.recommend import make_recommender
from pipeline.stages import SpeechSpan
from pipeline.transcription import make_transcriber
from sandbox.faults import Fault, Service
from sandbox.recordings import Dialogue
from sandbox.server import SandboxServer
from tests.contract.providers.fault_table import Consequence, fault_table
from tests.contract.providers.test_realtime import utterances
from tests.fakes.stages import COUNTER, FakeGate, FakeRecorder

COMPLAINT = 2  # the line of the dialogue that asks for something
TABLE = fault_table()
BATCH = {fault: row.batch for fault, row in TABLE.items() if row.batch}
MODEL = {fault: row.model for fault, row in TABLE.items() if row.model}
CALL = {"attempts": 1, "breaker_refused_open_s": 0.01}


def patience(fault: Fault) -> dict[str, object]:
    """Little of it with what would never end; a busy machine may take its time over the rest."""
    return CALL | {"attempt_timeout_s": 1.5 if fault in (Fault.HANG, Fault.DRIBBLE) else 8.0}


class Shop:
    def __init__(self, stages: Stages, gate: FakeGate, recorder: FakeRecorder) -> None:
        self.recorder = recorder
        self.cards: list[dict[str, Any]] = []
        context = ConversationContext(RecommendationSettings())
        settings = ConversationSettings(max_ahead_s=600.0)
        self.conversation = Conversation(COUNTER, 1, stages, context, self._send, settings, "r1")
        self._stream = gate.streams[0]

    async def _send(self, message: dict[str, Any]) -> None:
        self.cards.append(message)

    @property
    def alerted(self) -> bool:
        return any(noted.alert for noted in self.recorder.of(ErrorNoted))

    async def says(self, pcm: bytes) -> Transcribed:
        """One utterance, and its row once what it leads to is over."""
        known = len(self.recorder.of(Transcribed))
        start = self._stream.audio.end_sample
        self.conversation.listen(pcm)
        end = self._stream.audio.end_sample
        self._stream.says(SpeechSpan(start, end, end, end))
        async with asyncio.timeout(30):
            while len(self.recorder.of(Transcribed)) == known:
                await asyncio.sleep(0.005)
        return self.recorder.of(Transcribed)[known]

    async def leaves(self) -> None:
        await self.conversation.finish("fim", None, ask=True)


Open = Callable[[Fault], AbstractAsyncContextManager[Shop]]


@pytest.fixture
def open_shop(environment: Environment) -> Open:
    @asynccontextmanager
    async def opened(fault: Fault) -> AsyncIterator[Shop]:
        call = patience(fault)
        transcriber = make_transcriber(
            TranscriptionSettings.model_validate({"elevenlabs": {"call": call}}), environment
        )
        model = make_chat_model(ModelSettings.model_validate({"call": call}), environment)
        assert model is not None
        gate, recorder = FakeGate(), FakeRecorder()
        budget = DailyBudget(BudgetSettings(), lambda noted: recorder.note([noted]))
        recommender = BudgetedRecommender(make_recommender(RecommendationSettings(), model), budget)
        shop = Shop(Stages(gate, BudgetedTranscriber(transcriber, budget), recommender, recorder), gate, recorder)
        try:
            yield shop
        finally:
            await transcriber.aclose()
            await model.aclose()

    return opened


def test_the_docs_name_every_fault_that_can_be_played() -> None:
    assert TABLE.keys() == set(Fault) - {Fault.NONE}


@pytest.mark.parametrize(("fault", "said"), BATCH.items(), ids=list(BATCH))
async def test_speech_that_a_provider_did_not_answer(
    open_shop: Open, sandbox: SandboxServer, dialogue: Dialogue, fault: Fault, said: Consequence
) -> None:
    text, pcm = utterances(dialogue)[COMPLAINT]
    sandbox.behaviour.faults.script(Service.ELEVENLABS, [fault])
    async with open_shop(fault) as shop:
        lost = await shop.says(pcm)
        assert (lost.text, lost.failure) == ("", said.recorded)
        (call,) = shop.recorder.of(ProviderCalled)
        assert (call.outcome, call.utterance_id) == (said.recorded, lost.utterance_id)
        (noted,) = shop.recorder.of(ErrorNoted)
        assert (noted.kind, noted.utterance_id, noted.alert) == (said.recorded, lost.utterance_id, said.alert)
        assert (said.sees, shop.cards) == ("no card", [])
        await asyncio.sleep(0.02)
        fine = await shop.says(pcm)
        assert (fine.text, fine.failure) == (text, None)
        await shop.leaves()
        assert [card["comando"] for card in shop.cards] == ["recomendar"]


@pytest.mark.parametrize(("fault", "said"), MODEL.items(), ids=list(MODEL))
async def test_a_question_that_the_model_did_not_answer(
    open_shop: Open, sandbox: SandboxServer, dialogue: Dialogue, fault: Fault, said: Consequence
) -> None:
    """The catalogue answers in its place, and the record says so."""
    _, pcm = utterances(dialogue)[COMPLAINT]
    sandbox.behaviour.faults.script(Service.XAI_CHAT, [fault])
    async with open_shop(fault) as shop:
        await shop.says(pcm)
        await shop.leaves()
    (card,) = shop.cards
    assert (said.sees, card["comando"]) == ("the catalogue's card", "recomendar")
    (decided,) = shop.recorder.of(Decided)
    assert (decided.outcome, decided.engine) == (InteractionOutcome.SUGGESTED, "deterministico")
    assert [shown.interaction_id for shown in shop.recorder.of(Shown)] == [decided.interaction_id]
    (call,) = [call for call in shop.recorder.of(ProviderCalled) if call.role == "llm"]
    assert (call.outcome, call.interaction_id) == (said.recorded, decided.interaction_id)
    assert shop.alerted == said.alert
