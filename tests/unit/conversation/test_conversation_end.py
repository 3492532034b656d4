"""How a conversation ends, and what becomes of all its audio: drained, left, cut short, too fast or undecided."""

import asyncio
from dataclasses import replace

import pytest

from pipeline.conversation.conversation import Phase, TooFarAhead, WrongPhase
from pipeline.events import (
    ErrorNoted,
    FeedbackGiven,
    SessionEnded,
    SessionStarted,
    Transcribed,
    UtteranceHeard,
)
from pipeline.protocol import Feedback
from tests.fakes.shop import COMPLAINT, SECOND, Shop
from tests.fakes.stages import (
    said,
    span,
    suggest,
)

pytestmark = pytest.mark.virtual_time


async def test_all_audio_is_accounted_for() -> None:
    shop = Shop()
    shop.transcriber.answers = [said("")]
    await shop.hear(70)
    shop.stream.says(span(20, 22), replay_from=65 * 16_000)
    await shop.hear(5)
    await shop.conversation.finish("desconectado", 1000, ask=False)
    (ended,) = shop.recorder.of(SessionEnded)
    accounts = shop.recorder.of(UtteranceHeard)
    assert (ended.received_s, ended.forwarded_s, ended.discarded_s) == pytest.approx((75, 2, 73))
    assert sum(a.received_s for a in accounts) == pytest.approx(75)
    assert all(a.received_s == pytest.approx(a.forwarded_s + a.discarded_s) for a in accounts)
    assert len(shop.recorder.of(SessionStarted)) == 1


async def test_an_open_utterance_is_finished_and_answered_at_a_drain() -> None:
    shop = Shop()
    shop.transcriber.answers = [said("estou com dor de cabeça")]
    shop.recommender.answers = [suggest("PARAC", "dor de cabeça")]
    await shop.hear(4)
    shop.stream.at_finish = span(1, 3.9)
    await shop.conversation.finish("reinicio", 1012, ask=True)
    assert [card["comando"] for card in shop.cards] == ["recomendar"]
    assert shop.conversation.phase is Phase.CLOSED


async def test_after_a_disconnect_speech_is_transcribed_and_recorded_but_nobody_is_asked() -> None:
    shop = Shop()
    shop.transcriber.answers = [said(COMPLAINT)]
    await shop.hear(4)
    shop.stream.at_finish = span(1, 3.9)
    await shop.conversation.finish("desconectado", 1005, ask=False)
    assert [t.text for t in shop.recorder.of(Transcribed)] == [COMPLAINT]
    assert shop.recommender.asked == []


async def test_an_utterance_names_the_engine_that_heard_it() -> None:
    shop = Shop()
    shop.transcriber.answers = [said(COMPLAINT)]
    await shop.hear(4)
    shop.stream.at_finish = replace(span(1, 3.9), engine="cascade")
    await shop.conversation.finish("desconectado", 1005, ask=False)
    assert [heard.engine for heard in shop.recorder.of(UtteranceHeard) if heard.utterance_id] == ["cascade"]


async def test_what_cannot_end_in_time_is_recorded_as_interrupted() -> None:
    shop = Shop(finish_timeout_s=2)
    shop.transcriber.answers = [said("x")]
    shop.transcriber.delays_s = [3600]
    await shop.hear(4)
    shop.stream.says(span(1, 3))
    await shop.conversation.finish("desconectado", 1005, ask=False)
    assert [t.failure for t in shop.recorder.of(Transcribed)] == ["interrompida"]
    assert shop.stream.closed


async def test_audio_far_ahead_of_real_time_is_refused() -> None:
    shop = Shop(max_ahead_s=30)
    shop.conversation.listen(SECOND * 29)
    with pytest.raises(TooFarAhead):
        shop.conversation.listen(SECOND * 2)


async def test_audio_that_the_gate_never_decided_is_bounded_and_its_loss_is_recorded() -> None:
    shop = Shop(max_held_s=20)
    for _ in range(25):
        shop.conversation.listen(SECOND)
        await asyncio.sleep(1)
    assert shop.stream.audio.held_samples <= 20 * 16_000
    assert {e.kind for e in shop.recorder.of(ErrorNoted)} == {"audio_perdido"}


async def test_an_utterance_whose_audio_is_gone_is_recorded_as_expired() -> None:
    shop = Shop()
    await shop.hear(4)
    shop.stream.says(replay_from=4 * 16_000)
    shop.stream.says(span(1, 3))
    assert [t.failure for t in shop.recorder.of(Transcribed)] == ["expirada"]


async def test_a_closed_conversation_stays_closed() -> None:
    shop = Shop()
    await shop.conversation.close("fim", 1000)
    shop.conversation.listen(SECOND)
    assert shop.stream.audio.end_sample == 0
    with pytest.raises(WrongPhase):
        await shop.conversation.close("fim", 1000)


async def test_feedback_is_recorded() -> None:
    shop = Shop()
    shop.conversation.feedback(Feedback(comando="feedback", id_interacao="i1", resultado="venda_realizada"))
    assert [(f.interaction_id, f.resultado) for f in shop.recorder.of(FeedbackGiven)] == [("i1", "venda_realizada")]
