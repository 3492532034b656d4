"""Answers that are asked for before an utterance has closed, in virtual time."""

import asyncio
from dataclasses import replace
from typing import Any

import pytest

from configs.ingress import ConversationSettings
from configs.recommendation import RecommendationSettings
from pipeline.conversation.context import ConversationContext
from pipeline.conversation.conversation import Conversation, Stages
from pipeline.events import Decided, ProviderCalled, ProviderRole, Shown, Transcribed
from pipeline.stages import (
    GateReply,
    RecommendationRequest,
    SpeechPart,
    StageFailed,
    StreamId,
    Suggest,
    Transcription,
    TranscriptionRequest,
    Verdict,
)
from tests.fakes.stages import (
    BASIS,
    COUNTER,
    FakeGate,
    FakeRecommender,
    FakeRecorder,
    FakeTranscriber,
    said,
    span,
    suggest,
)

pytestmark = pytest.mark.virtual_time

CHUNK = bytes(3200)
COMPLAINT = "estou com muita dor de cabeça"
STT_S, LLM_S = 0.3, 0.5


def suggested(sku: str) -> Suggest:
    """A suggestion that cost something."""
    call = ProviderCalled(
        role=ProviderRole.RECOMMENDER,
        provider="fake",
        model="m",
        attempt=1,
        outcome="ok",
        latency_ms=500,
        cost_usd=0.01,
    )
    return replace(suggest(sku, "dor de cabeça"), basis=replace(BASIS, calls=(call,)))


class Transcriber(FakeTranscriber):
    """Says, as real ones do, which utterance each call was for."""

    async def transcribe(self, request: TranscriptionRequest) -> Transcription | StageFailed:
        result = await super().transcribe(request)
        return replace(result, calls=tuple(replace(c, utterance_id=request.utterance_id) for c in result.calls))


class Recommender(FakeRecommender):
    """Says, as real ones do, which interaction each call was for."""

    async def recommend(self, request: RecommendationRequest) -> Verdict | StageFailed:
        verdict = await super().recommend(request)
        assert not isinstance(verdict, StageFailed)
        calls = tuple(replace(c, interaction_id=request.interaction_id) for c in verdict.basis.calls)
        return replace(verdict, basis=replace(verdict.basis, calls=calls))


class Ears:
    """Somebody listens along, and keeps what he was told."""

    def __init__(self) -> None:
        self.parts: list[SpeechPart] = []

    def feed(self, part: SpeechPart) -> None:
        self.parts.append(part)

    def end(self, stream_id: StreamId) -> None: ...


class Shop:
    """A counter whose gate says every 100 ms what it makes of the voice."""

    def __init__(self, *, speculate: bool = True, along: bool = False, settle_after_ms: int | None = 200) -> None:
        self.gate, self.recorder = FakeGate(), FakeRecorder()
        self.transcriber = Transcriber(delays_s=[STT_S] * 9)
        self.along = Ears() if along else None
        self.recommender = Recommender(delay_s=LLM_S)
        self.cards: list[dict[str, Any]] = []
        self.conversation = Conversation(
            COUNTER,
            2,
            Stages(self.gate, self.transcriber, self.recommender, self.recorder, self.along),
            ConversationContext(RecommendationSettings()),
            self._send,
            ConversationSettings(speculate=speculate, settle_after_ms=settle_after_ms),
            "replica-1",
        )

    async def _send(self, message: dict[str, Any]) -> None:
        self.cards.append(message)

    async def hear(self, upto_s: float, since_s: float | None = None, closing: bool = False) -> None:
        """Time passes until `upto_s`, with an utterance open since `since_s`, its voice paused or not."""
        stream = self.gate.streams[0]
        while stream.audio.end_sample < upto_s * 16_000:
            await asyncio.sleep(0.1)
            self.conversation.listen(CHUNK)
            since = None if since_s is None else round(since_s * 16_000)
            decided = stream.audio.end_sample if since is None else since  # an open utterance may still grow
            stream.deliver(GateReply(stream.stream_id, True, decided, since or 0, (), since, closing))

    def closes(self, start_s: float, end_s: float) -> None:
        self.gate.streams[0].says(span(start_s, end_s))

    @property
    def thrown_away(self) -> list[ProviderCalled]:
        calls = self.recorder.of(ProviderCalled)
        return [call for call in calls if call.utterance_id is None and call.interaction_id is None]


async def one_utterance(shop: Shop) -> float:
    """Seconds from the closing of an utterance to its card."""
    shop.transcriber.answers = [said(COMPLAINT)]
    shop.recommender.answers = [suggested("PARAC")]
    await shop.hear(3, since_s=1)
    await shop.hear(3.6, since_s=1, closing=True)
    shop.closes(1, 3)
    closed_at = asyncio.get_running_loop().time()
    while not shop.cards and asyncio.get_running_loop().time() < closed_at + 10:
        await asyncio.sleep(0.01)
    return asyncio.get_running_loop().time() - closed_at


async def test_off_it_asks_nothing_before_the_utterance_closes() -> None:
    assert not ConversationSettings().speculate
    shop = Shop(speculate=False)
    assert await one_utterance(shop) >= STT_S + LLM_S


async def test_an_utterance_that_ends_where_it_paused_is_answered_sooner_and_asked_once() -> None:
    shop = Shop()
    took_s = await one_utterance(shop)
    await shop.conversation.finish("fim", None, ask=True)
    assert took_s < LLM_S + 0.05  # the text was there already
    assert (len(shop.transcriber.asked), len(shop.recommender.asked)) == (1, 1)
    (transcribed,), (decided,) = shop.recorder.of(Transcribed), shop.recorder.of(Decided)
    assert transcribed.text == COMPLAINT
    assert shop.cards[0]["id_interacao"] == decided.interaction_id
    assert [shown.interaction_id for shown in shop.recorder.of(Shown)] == [decided.interaction_id]
    heard, asked = shop.recorder.of(ProviderCalled)
    assert (heard.utterance_id, asked.interaction_id) == (transcribed.utterance_id, decided.interaction_id)
    assert not shop.thrown_away


async def test_what_was_heard_begins_at_the_opening_and_ends_in_the_pause() -> None:
    shop = Shop()
    await one_utterance(shop)
    (request,) = shop.transcriber.asked
    assert request.start_sample == 16_000
    end_s = (request.start_sample + len(request.pcm) / 2) / 16_000
    assert 3.0 < end_s < 3.6


async def test_a_voice_that_goes_on_makes_it_worthless_but_not_free() -> None:
    shop = Shop()
    shop.transcriber.answers = [said("estou com muita dor"), said("estou com muita dor na mão")]
    await shop.hear(3, since_s=1)
    await shop.hear(3.4, since_s=1, closing=True)
    await shop.hear(5, since_s=1)
    shop.closes(1, 5)
    await asyncio.sleep(3)
    assert [transcribed.text for transcribed in shop.recorder.of(Transcribed)] == ["estou com muita dor na mão"]
    (request,) = shop.recommender.asked  # dropped before its text was there: nothing was asked about it
    assert [heard.text for heard in request.heard] == ["estou com muita dor na mão"]
    (lost,) = shop.thrown_away
    assert lost.role is ProviderRole.TRANSCRIBER


async def test_a_verdict_on_words_that_were_not_the_last_is_paid_for_and_not_shown() -> None:
    shop = Shop()
    shop.transcriber.answers = [said(COMPLAINT), said(f"{COMPLAINT} e estou grávida")]
    shop.recommender.answers = [suggested("ERRADO"), suggested("CERTO")]
    await shop.hear(3, since_s=1)
    await shop.hear(3.55, since_s=1, closing=True)  # long enough for the question to be put
    await shop.hear(5, since_s=1)
    shop.closes(1, 5)
    await asyncio.sleep(3)
    assert [card["produto"] for card in shop.cards] == ["Produto CERTO"]
    assert [call.role for call in shop.thrown_away] == [ProviderRole.TRANSCRIBER, ProviderRole.RECOMMENDER]
    assert sum(call.cost_usd for call in shop.recorder.of(ProviderCalled)) == pytest.approx(0.02)


async def test_one_guess_at_a_time_however_often_the_voice_pauses() -> None:
    shop = Shop()
    shop.transcriber.delays_s = [5.0]
    shop.transcriber.answers = [said("um")] * 3
    for pause in range(1, 5):
        await shop.hear(pause, since_s=0.5)
        await shop.hear(pause + 0.4, since_s=0.5, closing=True)
    assert len(shop.transcriber.asked) == 1
    await shop.conversation.close("fim", None)


async def test_small_talk_is_transcribed_ahead_and_asked_about_in_its_own_time() -> None:
    shop = Shop()
    shop.transcriber.answers = [said("oi bom dia")]
    await shop.hear(2, since_s=1)
    await shop.hear(2.6, since_s=1, closing=True)
    assert not shop.recommender.asked
    shop.closes(1, 2)
    await asyncio.sleep(0.1)
    assert [transcribed.text for transcribed in shop.recorder.of(Transcribed)] == ["oi bom dia"]
    await shop.conversation.close("fim", None)


async def test_a_guess_that_failed_is_no_answer() -> None:
    shop = Shop()
    call = replace(said("").calls[0], outcome="transitoria", cost_usd=0.001)
    failed = StageFailed(category="transitoria", message="caiu", calls=(call,))
    shop.transcriber.answers = [failed, said(COMPLAINT)]
    await shop.hear(3, since_s=1)
    await shop.hear(3.6, since_s=1, closing=True)
    shop.closes(1, 3)
    await asyncio.sleep(2)
    assert [transcribed.text for transcribed in shop.recorder.of(Transcribed)] == [COMPLAINT]
    assert [lost.outcome for lost in shop.thrown_away] == ["transitoria"]


async def test_a_session_that_ends_in_a_pause_pays_for_what_it_asked() -> None:
    shop = Shop()
    shop.transcriber.answers = [said(COMPLAINT)]
    await shop.hear(3, since_s=1)
    await shop.hear(3.3, since_s=1, closing=True)
    await shop.conversation.finish("fim", None, ask=False)
    assert len(shop.thrown_away) == 1
    assert not shop.recommender.asked


async def test_the_next_utterance_is_not_answered_from_an_old_guess() -> None:
    shop = Shop()
    await one_utterance(shop)
    shop.transcriber.answers.append(said("e também estou com muita azia"))
    await shop.hear(6, since_s=5)
    shop.closes(5, 6)
    await asyncio.sleep(2)
    assert [transcribed.text for transcribed in shop.recorder.of(Transcribed)][1] == "e também estou com muita azia"
    assert len(shop.recommender.asked) == 2


async def test_one_who_listens_along_is_asked_what_he_has_and_then_for_the_text_itself() -> None:
    shop = Shop(along=True)
    so_far = replace(said(COMPLAINT), calls=())
    shop.transcriber.delays_s = [0.1, 0.001]
    shop.transcriber.answers = [so_far, said(COMPLAINT)]
    shop.recommender.answers = [suggested("PARAC")]
    await shop.hear(3, since_s=1)
    await shop.hear(3.6, since_s=1, closing=True)
    shop.closes(1, 3)
    await asyncio.sleep(LLM_S - 0.05)  # it was asked before
    assert [card["produto"] for card in shop.cards] == ["Produto PARAC"]
    assert [request.foreseen for request in shop.transcriber.asked] == [True, False]
    assert len(shop.recommender.asked) == 1
    await shop.conversation.finish("fim", None, ask=True)
    assert not shop.thrown_away
    assert len(shop.recorder.of(ProviderCalled)) == 2


async def test_one_who_listens_along_is_asked_about_a_point_up_to_which_the_text_is_on_its_way() -> None:
    shop = Shop(along=True, settle_after_ms=100)  # sooner than the guess
    shop.transcriber.answers = [replace(said(COMPLAINT), calls=()), said(COMPLAINT)]
    shop.recommender.answers = [suggested("PARAC")]
    await shop.hear(3, since_s=1)
    await shop.hear(3.6, since_s=1, closing=True)
    shop.closes(1, 3)
    assert shop.along is not None
    settled = next(part for part in shop.along.parts if part.settle_within_s is not None)
    guess = shop.transcriber.asked[0]
    assert 3 * 16_000 <= guess.start_sample + len(guess.pcm) // 2 <= settled.start_sample
    await shop.conversation.finish("fim", None, ask=True)


async def test_one_who_listens_along_and_is_not_asked_in_pauses_cannot_be_asked_ahead() -> None:
    shop = Shop(along=True, settle_after_ms=None)
    shop.transcriber.answers = [said(COMPLAINT)]
    await shop.hear(3, since_s=1)
    await shop.hear(3.6, since_s=1, closing=True)
    assert shop.transcriber.asked == []
    await shop.conversation.close("fim", None)
