"""What a counter and its record see of a realtime stream's faults, as the docs say it, and of a name not resolved."""

import asyncio
import socket
from typing import Any

import pytest

from configs.budget import BudgetSettings
from configs.environment import Environment
from configs.ingress import ConversationSettings
from configs.recommendation import RecommendationSettings
from configs.transcription import TranscriptionSettings
from pipeline.conversation.context import ConversationContext
from pipeline.conversation.conversation import Conversation, Stages
from pipeline.events import ErrorNoted, ProviderCalled, Transcribed
from pipeline.providers.budget import BudgetedTranscriber, DailyBudget
from pipeline.providers.errors import Category
from pipeline.recommendation.recommend import make_recommender
from pipeline.stages import (
    GateReply,
    SpeechPart,
    SpeechSpan,
    StageFailed,
    StreamId,
    Transcriber,
    Transcription,
    TranscriptionRequest,
)
from pipeline.transcription import make_live_transcriber, make_transcriber
from pipeline.transcription.along import AlongTranscriber
from sandbox.faults import Fault, Service
from sandbox.recordings import Dialogue
from sandbox.server import SandboxServer
from tests.contract.providers.fault_table import Consequence, fault_table
from tests.contract.providers.test_realtime import utterances
from tests.fakes.stages import COUNTER, FakeGate, FakeRecorder

CHUNK_BYTES = 3200
REALTIME = {fault: row.realtime for fault, row in fault_table().items() if row.realtime}


class Ears:
    """Hands speech on in the order in which it came."""

    def __init__(self, along: AlongTranscriber) -> None:
        self._along = along
        self._fed: list[asyncio.Task[None]] = []

    def feed(self, part: SpeechPart) -> None:
        self._fed.append(asyncio.create_task(self._along.feed([part])))

    def end(self, stream_id: StreamId) -> None:
        self._fed.append(asyncio.create_task(self._along.end([stream_id])))

    async def quiet(self) -> None:
        await asyncio.gather(*self._fed)


class Shop:
    def __init__(self, transcriber: Transcriber, ears: Ears) -> None:
        self.gate, self.recorder, self.ears = FakeGate(), FakeRecorder(), ears
        self.cards: list[dict[str, Any]] = []
        budget = DailyBudget(BudgetSettings(), lambda noted: self.recorder.note([noted]))
        catalogue = make_recommender(RecommendationSettings(), None)
        stages = Stages(self.gate, BudgetedTranscriber(transcriber, budget), catalogue, self.recorder, ears)
        context = ConversationContext(RecommendationSettings())
        settings = ConversationSettings(max_ahead_s=600.0)
        self.conversation = Conversation(COUNTER, 1, stages, context, self._send, settings, "r1")

    async def _send(self, message: dict[str, Any]) -> None:
        self.cards.append(message)

    def outcomes(self, utterance_id: str) -> list[str]:
        return [call.outcome for call in self.recorder.of(ProviderCalled) if call.utterance_id == utterance_id]

    async def says(self, pcm: bytes) -> Transcribed:
        """One utterance, heard along in chunks and then closed; its row in the record."""
        stream = self.gate.streams[0]
        start = stream.audio.end_sample
        for at in range(0, len(pcm) // 2 * 2, CHUNK_BYTES):
            self.conversation.listen(pcm[at : at + CHUNK_BYTES])
            stream.deliver(GateReply(stream.stream_id, True, stream.audio.end_sample, start, (), start))
            await asyncio.sleep(0.001)
        known = len(self.recorder.of(Transcribed))
        await self.ears.quiet()
        end = stream.audio.end_sample
        stream.says(SpeechSpan(start, end, end, end))
        async with asyncio.timeout(30):
            while len(self.recorder.of(Transcribed)) == known:
                await asyncio.sleep(0.005)
        return self.recorder.of(Transcribed)[known]


@pytest.mark.parametrize(("fault", "said"), REALTIME.items(), ids=list(REALTIME))
async def test_a_fault_in_the_stream_reaches_neither_the_counter_nor_the_next_utterance(
    sandbox: SandboxServer, environment: Environment, dialogue: Dialogue, fault: Fault, said: Consequence
) -> None:
    call = {"breaker_refused_open_s": 0.01}
    settings = TranscriptionSettings.model_validate({"elevenlabs_realtime": {"answer_timeout_s": 1.5, "call": call}})
    along = AlongTranscriber(
        make_live_transcriber(settings, environment), whole := make_transcriber(settings, environment)
    )
    shop = Shop(along, Ears(along))
    sandbox.behaviour.faults.script(Service.ELEVENLABS_REALTIME, [fault])
    try:
        _, _, (one, first), (two, second), *_ = utterances(dialogue)
        rows = [await shop.says(first), await shop.says(second)]
        await shop.conversation.finish("fim", None, ask=True)
        await shop.ears.quiet()
    finally:
        await along.aclose()
        await whole.aclose()
    assert [row.text for row in rows] == [one, two]
    assert [row.failure for row in rows] == [None, None]
    assert (said.sees, [card["comando"] for card in shop.cards]) == ("its card", ["recomendar"])
    broken, fine = (shop.outcomes(row.utterance_id) for row in rows)
    assert broken == [said.recorded, "ok"]  # the failed attempt is in the record too
    assert fine == ["ok"]
    assert any(noted.alert for noted in shop.recorder.of(ErrorNoted)) == said.alert


@pytest.mark.parametrize("answer", ["refused", "slow"])
async def test_a_name_that_does_not_resolve_ends_within_the_deadline_and_the_next_utterance_is_fine(
    environment: Environment, dialogue: Dialogue, monkeypatch: pytest.MonkeyPatch, answer: str
) -> None:
    """`localhost` is the only name asked for; the address of the sandbox is a number."""
    address = environment.elevenlabs_base_url
    named = environment.model_copy(update={"elevenlabs_base_url": str(address).replace("127.0.0.1", "localhost")})
    settings = TranscriptionSettings.model_validate({"elevenlabs": {"call": {"attempts": 1, "connect_timeout_s": 0.5}}})
    transcriber = make_transcriber(settings, named)
    loop = asyncio.get_running_loop()
    resolve = loop.getaddrinfo

    async def failing(host: Any, *args: Any, **kwargs: Any) -> Any:
        if answer == "slow":
            await asyncio.sleep(60)
        raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")

    def request(number: int) -> TranscriptionRequest:
        pcm = utterances(dialogue)[2][1]
        return TranscriptionRequest(
            session_id="s", utterance_id=f"u{number}", balcao_id="b", cliente_codigo="c", pcm=pcm, budget_s=8.0
        )

    try:
        monkeypatch.setattr(loop, "getaddrinfo", failing)
        failed = await transcriber.transcribe(request(1))
        monkeypatch.setattr(loop, "getaddrinfo", resolve)
        fine = await transcriber.transcribe(request(2))
    finally:
        await transcriber.aclose()
    assert isinstance(failed, StageFailed)
    assert failed.category in {Category.TRANSIENT, Category.TIMEOUT}
    assert "localhost" not in failed.message
    assert isinstance(fine, Transcription)
    assert fine.text == utterances(dialogue)[2][0]
