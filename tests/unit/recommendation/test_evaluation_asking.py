"""Dialogues on their own clock: asked when the policy says so, and what stands at the end."""

import pytest

from configs.recommendation import AskingSettings, RecommendationSettings
from pipeline.events import ProviderCalled, ProviderRole
from pipeline.recommendation.evaluation import Talk
from pipeline.recommendation.evaluation_asking import Answered, Spoken, ask_along, attend, concluded, talk_of
from pipeline.recommendation.evaluation_dialogues import Dialogue
from pipeline.recommendation.evaluation_score import talk_figures
from pipeline.stages import (
    Basis,
    Heard,
    RecommendationRequest,
    Refer,
    Silence,
    StageFailed,
    Suggest,
    Suggestion,
    Verdict,
)

BASIS = Basis(engine="deterministico")
SILENCE = Silence(reason="nada", basis=BASIS)
SETTINGS = RecommendationSettings(asking=AskingSettings(enough_words=50, quiet_s=2.0, fewest_words=3))
TALK = Talk(duration_s=10, forwarded_s=0, questions=0, at_once=0, stt_calls=0, stt_usd=0, llm_calls=0, llm_usd=0)


def suggest(sku: str, basis: Basis = BASIS) -> Suggest:
    return Suggest(items=(Suggestion(sku=sku, produto=sku, explicacao="", evidence=(f"por {sku}",)),), basis=basis)


def refer(reason: str) -> Refer:
    return Refer(reason=reason, message="", evidence=("boca torta",), basis=BASIS)


class Scripted:
    def __init__(self, *verdicts: Verdict | StageFailed) -> None:
        self._verdicts = list(verdicts)
        self.asked: list[RecommendationRequest] = []

    async def recommend(self, request: RecommendationRequest) -> Verdict | StageFailed:
        self.asked.append(request)
        return self._verdicts.pop(0) if self._verdicts else SILENCE


def spoken(*lines: tuple[float, float, str]) -> list[Spoken]:
    return [
        Spoken(Heard(utterance_id=str(n), text=text, at_s=at_s, end_s=end_s), end_s, end_s)
        for n, (at_s, end_s, text) in enumerate(lines)
    ]


async def attended(recommender: Scripted, lines: list[Spoken]) -> list[Answered]:
    return await attend("a", lines, recommender, SETTINGS, 8.0)


async def test_a_complaint_is_asked_about_at_once_and_chat_after_a_pause() -> None:
    recommender = Scripted()
    lines = spoken((0, 1, "que calor faz aqui"), (10, 12, "estou com dor de cabeça"))
    first, second = await attended(recommender, lines)
    assert first.waited_s == pytest.approx(2.0)
    assert second.waited_s == 0
    assert [len(request.heard) for request in recommender.asked] == [1, 2]


async def test_words_that_go_on_within_the_pause_are_one_question() -> None:
    recommender = Scripted()
    assert len(await attended(recommender, spoken((0, 1, "que calor faz aqui"), (2, 3, "e nem é meio dia")))) == 1
    assert len(recommender.asked[0].heard) == 2


async def test_a_product_shown_is_told_to_the_next_question() -> None:
    recommender = Scripted(suggest("B001"))
    await attended(recommender, spoken((0, 1, "estou com dor de cabeça"), (5, 6, "e febre também")))
    assert [request.shown_skus for request in recommender.asked] == [(), ("B001",)]


async def test_what_is_said_during_a_question_waits_for_its_answer() -> None:
    recommender = Scripted()
    lines = spoken((0, 1, "estou com dor de cabeça"), (0.5, 1.0, "e febre"), (0.6, 1.0, "e tosse"))
    await attended(recommender, lines)
    assert [len(request.heard) for request in recommender.asked] == [3]


def answered(verdict: Verdict | StageFailed, conversation: str = "c1", latency_s: float = 1.0) -> Answered:
    return Answered(conversation, 0.0, latency_s, verdict)


def test_a_referral_takes_back_the_cards_of_its_conversation_only() -> None:
    answers = [answered(suggest("B001"), "c1"), answered(suggest("B002"), "c2"), answered(refer("avc"), "c2")]
    result = concluded("a", answers, TALK)
    assert (result.outcome, result.refer_reason) == ("refer", "avc")
    assert (result.skus, result.withdrawn) == (["B001"], ["B002"])
    assert result.evidence == ["boca torta", "por B001"]


def test_the_latency_is_of_the_first_answer_that_was_seen() -> None:
    answers = [answered(SILENCE, latency_s=0.2), answered(suggest("B1"), latency_s=1.5), answered(SILENCE)]
    assert concluded("a", answers, TALK).latency_ms == pytest.approx(1500)
    assert concluded("a", [], TALK).latency_ms == 0


def test_a_failed_question_is_a_failure_and_a_fallback_is_counted() -> None:
    call = ProviderCalled(
        role=ProviderRole.RECOMMENDER, provider="xai", model="m", attempt=1, outcome="ok", latency_ms=1, cost_usd=0.5
    )
    fallen = suggest("B001", Basis(engine="deterministico", calls=(call,)))
    failed = StageFailed(category="timeout", message="", calls=(call,))
    answers = [answered(fallen), answered(failed)]
    result = concluded("a", answers, talk_of(answers, 3600.0))
    assert (result.failure, result.fell_back, result.cost_usd) == ("timeout", 1, 1.0)


async def test_an_hour_of_talk_has_its_price() -> None:
    call = ProviderCalled(
        role=ProviderRole.RECOMMENDER, provider="xai", model="m", attempt=1, outcome="ok", latency_ms=1, cost_usd=0.25
    )
    by_model = suggest("B001", Basis(engine="xai", model="m", calls=(call,)))
    turns = [{"t": 0, "text": "oi"}, {"t": 1797.6, "text": "estou com dor de cabeça forte"}]
    dialogue = Dialogue.model_validate({"id": "a", "turns": turns, "expect": {"outcome": "recommend"}})
    result = await ask_along(dialogue, Scripted(by_model), SETTINGS, 8.0)
    figures = talk_figures([result])
    assert figures is not None
    assert figures.hours == pytest.approx(0.5)
    assert (figures.questions_per_hour, figures.llm_calls_per_hour) == (pytest.approx(2), pytest.approx(2))
    assert figures.llm_usd_per_hour == pytest.approx(0.5)
    assert figures.at_once_share == 1


def test_without_a_clock_there_is_no_price_of_an_hour() -> None:
    assert talk_figures([]) is None
