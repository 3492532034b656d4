"""For every fault: what the counter sees, what is recorded, and that the next utterance is fine; batch and chat."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from typing import Any

import pytest

from configs.environment import Environment
from configs.ingress import ConversationSettings
from configs.model import ModelSettings
from configs.recommendation import RecommendationSettings
from configs.transcription import TranscriptionSettings
from pipeline.conversation.context import ConversationContext
from pipeline.conversation.conversation import Conversation, Stages
from pipeline.events import Decided, ErrorNoted, InteractionOutcome, ProviderCalled, Shown, Transcribed
from pipeline.providers.errors import Category
from pipeline.recommendation.chat import make_chat_model
from pipeline.recommendation.recommend import make_recommender
from pipeline.stages import SpeechSpan
from pipeline.transcription import make_transcriber
from sandbox.faults import Fault, Service
from sandbox.recordings import Dialogue
from sandbox.server import SandboxServer
from tests.contract.providers.test_realtime import utterances
from tests.fakes.stages import COUNTER, FakeGate, FakeRecorder

COMPLAINT = 2  # the line of the dialogue that asks for something
SPEECH_FAULTS = {
    Fault.BUSY: Category.BUSY,
    Fault.BUSY_RETRY_AFTER: Category.CAPACITY,
    Fault.KEY: Category.AUTH,
    Fault.QUOTA: Category.QUOTA,
    Fault.CREDIT: Category.AUTH,
    Fault.ERROR: Category.TRANSIENT,
    Fault.UNAVAILABLE: Category.TRANSIENT,
    Fault.HANG: Category.TIMEOUT,
    Fault.DRIBBLE: Category.TIMEOUT,
    Fault.CUT: Category.TRANSIENT,
    Fault.MALFORMED: Category.MALFORMED,
    Fault.SCHEMA: Category.MALFORMED,
}
NEED_SOMEBODY = {Category.AUTH, Category.QUOTA}
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
        recommender = make_recommender(RecommendationSettings(), model)
        shop = Shop(Stages(gate, transcriber, recommender, recorder), gate, recorder)
        try:
            yield shop
        finally:
            await transcriber.aclose()
            await model.aclose()

    return opened


@pytest.mark.parametrize(("fault", "category"), SPEECH_FAULTS.items(), ids=lambda value: str(value))
async def test_speech_that_a_provider_did_not_answer(
    open_shop: Open, sandbox: SandboxServer, dialogue: Dialogue, fault: Fault, category: Category
) -> None:
    text, pcm = utterances(dialogue)[COMPLAINT]
    sandbox.behaviour.faults.script(Service.ELEVENLABS, [fault])
    async with open_shop(fault) as shop:
        lost = await shop.says(pcm)
        assert (lost.text, lost.failure) == ("", category)
        (call,) = shop.recorder.of(ProviderCalled)
        assert (call.outcome, call.utterance_id) == (category, lost.utterance_id)
        (noted,) = shop.recorder.of(ErrorNoted)
        assert (noted.kind, noted.utterance_id, noted.alert) == (category, lost.utterance_id, category in NEED_SOMEBODY)
        assert not shop.cards
        await asyncio.sleep(0.02)
        fine = await shop.says(pcm)
        assert (fine.text, fine.failure) == (text, None)
        await shop.leaves()
        assert [card["comando"] for card in shop.cards] == ["recomendar"]


@pytest.mark.parametrize("fault", [fault for fault in Fault if fault not in (Fault.NONE, Fault.CLOSE)], ids=str)
async def test_a_question_that_the_model_did_not_answer(
    open_shop: Open, sandbox: SandboxServer, dialogue: Dialogue, fault: Fault
) -> None:
    """The catalogue answers in its place, and the record says so."""
    _, pcm = utterances(dialogue)[COMPLAINT]
    sandbox.behaviour.faults.script(Service.XAI_CHAT, [fault])
    async with open_shop(fault) as shop:
        await shop.says(pcm)
        await shop.leaves()
    (card,) = shop.cards
    assert card["comando"] == "recomendar"
    (decided,) = shop.recorder.of(Decided)
    assert (decided.outcome, decided.engine) == (InteractionOutcome.SUGGESTED, "deterministico")
    assert [shown.interaction_id for shown in shop.recorder.of(Shown)] == [decided.interaction_id]
    (call,) = [call for call in shop.recorder.of(ProviderCalled) if call.role == "llm"]
    assert call.interaction_id == decided.interaction_id
    assert (call.outcome == "ok") is (fault is Fault.SCHEMA)  # JSON of another shape is an answer, and refused by us
