"""Ten minutes, fifty counters, one request in five a fault: whole conversations in virtual time.

Everything between a counter's audio and its card is the real thing but the gate, the record and the wire.
"""

import asyncio
import random
from collections import Counter as Tally
from collections.abc import Sequence
from typing import Any

import pytest

from configs.ingress import ConversationSettings
from configs.model import ModelSettings
from configs.providers import PRICES_FILE, CallSettings
from configs.recommendation import RecommendationSettings
from configs.transcription import (
    ElevenLabsRealtimeSettings,
    ElevenLabsSettings,
    HygieneSettings,
    XaiSpeechSettings,
)
from deployments.live import LiveSpeech
from pipeline.conversation.context import ConversationContext
from pipeline.conversation.conversation import Conversation, Stages
from pipeline.events import (
    Decided,
    ErrorNoted,
    InteractionOutcome,
    ProviderCalled,
    ProviderRole,
    SessionEnded,
    Shown,
    Transcribed,
    UtteranceHeard,
)
from pipeline.providers.account import Account
from pipeline.providers.bill import UNASKED
from pipeline.providers.errors import Category
from pipeline.providers.prices import load_prices
from pipeline.recommendation import chat as chat_module
from pipeline.recommendation.chat import ChatCompletions
from pipeline.recommendation.recommend import make_recommender
from pipeline.stages import GateReply, Recommender, SpeechPart, SpeechSpan, StreamId
from pipeline.transcription import elevenlabs, xai
from pipeline.transcription.along import AlongTranscriber
from pipeline.transcription.chain import Link, TranscriberChain
from pipeline.transcription.elevenlabs import ElevenLabsBatch
from pipeline.transcription.elevenlabs_realtime import ElevenLabsRealtime
from pipeline.transcription.xai import XaiSpeech
from tests.fakes.stages import COUNTER, FakeGate, FakeRecorder
from tests.fakes.weather import PASSING, WORDS, LiveSocket, Weather, spoken

pytestmark = pytest.mark.virtual_time
COUNTERS, RUN_S = 50, 600.0
QUIET_S = 60  # a silence after which another customer speaks
RATE_HZ, TICK = 16_000, 3200  # 200 ms
WORD = 3 * TICK
CALLS = CallSettings(max_concurrent=12)
SETTINGS = ConversationSettings()
NOT_ASKED = {"indisponivel", "fila_cheia", "expirada", "interrompida"}


class Street:
    """The providers of one run, and what everything is recorded in."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.first, self.second = Weather(1, no_credit_share=0.0005), Weather(2)
        self.live, self.model = Weather(3), Weather(4)
        self.recorder = FakeRecorder()
        for module, weather in ((elevenlabs, self.first), (xai, self.second), (chat_module, self.model)):
            monkeypatch.setattr(module, "open_client", weather.client)
        monkeypatch.setattr(ElevenLabsRealtime, "connect", self._connect)

    async def _connect(self, on_partial: object) -> LiveSocket:
        return LiveSocket(self.live)

    def account(self, provider: str, role: ProviderRole, settings: CallSettings = CALLS) -> Account:
        return Account(provider, role, settings, load_prices(PRICES_FILE), asyncio.get_running_loop().time)

    def chain(self) -> TranscriberChain:
        links = [
            Link(ElevenLabsBatch(ElevenLabsSettings(), "", "k"), self.account("elevenlabs", ProviderRole.TRANSCRIBER)),
            Link(XaiSpeech(XaiSpeechSettings(), "", "k"), self.account("xai", ProviderRole.TRANSCRIBER)),
        ]
        return TranscriberChain(links, HygieneSettings(), 0.6, asyncio.get_running_loop().time)

    def along(self, whole: TranscriberChain) -> AlongTranscriber:
        account = self.account("elevenlabs_realtime", ProviderRole.TRANSCRIBER, CallSettings(max_concurrent=60))
        settings = ElevenLabsRealtimeSettings(call=CallSettings(max_concurrent=60))
        return AlongTranscriber(ElevenLabsRealtime(settings, "", "k", (), account, HygieneSettings()), whole)

    def recommender(self) -> Recommender:
        account = self.account("xai", ProviderRole.RECOMMENDER, CallSettings(max_concurrent=32, attempts=2))
        return make_recommender(RecommendationSettings(), ChatCompletions(ModelSettings(), "", "k", account))


class Shop:
    """One counter: its conversation, and a gate that hears what is written into the audio."""

    def __init__(self, stages: Stages, gate: FakeGate, seed: int) -> None:
        self.cards: list[dict[str, Any]] = []
        self.said = 0
        self._chance = random.Random(seed)
        context = ConversationContext(RecommendationSettings())
        self.conversation = Conversation(COUNTER, 1, stages, context, self._send, SETTINGS, "r1")
        self._stream = gate.streams[-1]

    async def _send(self, message: dict[str, Any]) -> None:
        self.cards.append(message)

    async def talk(self) -> None:
        clock = asyncio.get_running_loop().time
        while clock() < RUN_S:
            next_customer = self.said and self._chance.random() < 0.2
            await self._wait(self._chance.randint(3, 8) + (QUIET_S if next_customer else 0))
            await self._utter()
        await self.conversation.finish("fim", None, ask=True)

    async def _wait(self, seconds: int) -> None:
        for _ in range(seconds):
            await asyncio.sleep(1)
            self.conversation.listen(bytes(2 * RATE_HZ))
            self._tell(None)

    async def _utter(self) -> None:
        """Six words with a pause among them, and the silence that closes them: long enough to ask ahead, or not."""
        start = self._stream.audio.end_sample
        await self._hear(spoken(0, 3, WORD), start)
        await self._hear(bytes(2 * TICK) * self._chance.randint(1, 3), start, closing=True)
        await self._hear(spoken(3, len(WORDS), WORD), start)
        end = self._stream.audio.end_sample
        await self._hear(bytes(2 * TICK) * self._chance.randint(1, 3), start, closing=True)
        self.said += 1
        self._stream.says(SpeechSpan(start, end + TICK, end, self._stream.audio.end_sample))

    async def _hear(self, pcm: bytes, since: int, closing: bool = False) -> None:
        for at in range(0, len(pcm), 2 * TICK):
            await asyncio.sleep(TICK / RATE_HZ)
            self.conversation.listen(pcm[at : at + 2 * TICK])
            self._tell(since, closing)

    def _tell(self, since: int | None, closing: bool = False) -> None:
        decided = self._stream.audio.end_sample if since is None else since
        self._stream.deliver(GateReply(self._stream.stream_id, True, decided, decided, (), since, closing))


@pytest.mark.parametrize("mode", ["batch", "realtime"])
async def test_no_utterance_of_ten_minutes_is_lost_without_a_reason(
    mode: str, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    street = Street(monkeypatch)
    whole = street.chain()
    along = street.along(whole) if mode == "realtime" else None

    async def hear(parts: Sequence[SpeechPart], ended: Sequence[StreamId]) -> Sequence[ProviderCalled]:
        assert along is not None
        await along.feed(parts)
        await along.end(ended)
        return along.unclaimed()

    listening = LiveSpeech(hear, street.recorder.note, 2000, 3.0) if along else None
    gate = FakeGate()
    stages = Stages(gate, along or whole, street.recommender(), street.recorder, listening)
    shops = [Shop(stages, gate, seed) for seed in range(COUNTERS)]
    await asyncio.gather(*(shop.talk() for shop in shops))
    if listening and along:
        await listening.close()
        await along.aclose()
    await whole.aclose()

    assert "not delivered" not in caplog.text  # one stream's trouble keeps nobody's speech from coming
    every_utterance_has_its_text_or_its_reason(street.recorder, sum(shop.said for shop in shops))
    every_question_has_its_answer(street.recorder, sum(len(shop.cards) for shop in shops))
    every_second_is_accounted_for(street.recorder)
    assert all(weather.most_at_a_time <= 12 for weather in (street.first, street.second))
    heard_by = street.live if along else street.first
    assert set(PASSING) <= heard_by.faults.keys()
    for weather in (heard_by, street.model):
        assert sum(weather.faults.values()) == pytest.approx(0.2 * weather.asked, rel=0.3)


def every_utterance_has_its_text_or_its_reason(recorder: FakeRecorder, said: int) -> None:
    heard = [event.utterance_id for event in recorder.of(UtteranceHeard) if event.utterance_id]
    rows = {row.utterance_id: row for row in recorder.of(Transcribed)}
    assert said > COUNTERS * RUN_S / 50
    assert len(heard) == said
    assert Tally(heard) == Tally(row.utterance_id for row in recorder.of(Transcribed))
    texts = [row for row in rows.values() if row.failure is None]
    assert {row.text for row in texts} == {" ".join(WORDS)}  # nothing lost, nothing twice
    failed = [row for row in rows.values() if row.failure is not None]
    calls = {call.utterance_id: call for call in recorder.of(ProviderCalled)}
    noted = {error.utterance_id for error in recorder.of(ErrorNoted)}
    for row in failed:
        assert row.failure in {*Category, "expirada", "interrompida"}
        assert row.utterance_id in calls or row.failure in NOT_ASKED
        assert row.utterance_id in noted or row.failure in {"expirada", "interrompida"}
    assert len(failed) <= 0.02 * said


def every_question_has_its_answer(recorder: FakeRecorder, cards: int) -> None:
    decided = recorder.of(Decided)
    suggested = [row.interaction_id for row in decided if row.outcome is InteractionOutcome.SUGGESTED]
    assert cards == len(suggested) > 2 * COUNTERS
    assert sorted(row.interaction_id for row in recorder.of(Shown)) == sorted(suggested)
    assert all(row.reason for row in decided if row.outcome is not InteractionOutcome.SUGGESTED)
    assert InteractionOutcome.FAILED not in {row.outcome for row in decided}  # the catalogue stands behind the model
    assert {call.outcome for call in recorder.of(ProviderCalled)} <= {"ok", UNASKED, *Category}


def every_second_is_accounted_for(recorder: FakeRecorder) -> None:
    ended = recorder.of(SessionEnded)
    assert len(ended) == COUNTERS
    total_s = sum(session.received_s for session in ended)
    assert sum(row.received_s for row in recorder.of(UtteranceHeard)) == pytest.approx(total_s)
