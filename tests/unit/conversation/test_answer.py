"""What the record keeps of an answer."""

import pytest

from pipeline.conversation.answer import Question, answered
from pipeline.conversation.timeline import Timeline
from pipeline.events import Decided, ErrorNoted, InteractionOutcome, ProductSuggested, ProviderCalled, ProviderRole
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

CALL = ProviderCalled(
    session_id="s", utterance_id=None, role=ProviderRole.RECOMMENDER, provider="xai", model="grok", attempt=1,
    outcome="ok", latency_ms=700.0,
)  # fmt: skip
BASIS = Basis(engine="xai", model="grok", calls=(CALL,), symptoms=("tosse",))
ITEM = Suggestion(sku="1", produto="Mel", explicacao="porque tosse", evidence=("estou", "com tosse"))


def question() -> Question:
    heard = Heard("u", "estou com tosse", 0.0, 1.0)
    request = RecommendationRequest(
        session_id="s", interaction_id="i", balcao_id="b", cliente_codigo="1", conversation_id="c", heard=(heard,)
    )
    return Question(request, heard, Timeline(0.6, 0.0, 0.0))


@pytest.mark.parametrize(
    ("verdict", "outcome", "reason", "quote"),
    [
        (Suggest(items=(ITEM,), basis=BASIS), InteractionOutcome.SUGGESTED, None, "estou … com tosse"),
        (Silence(reason="nada_dito", basis=BASIS), InteractionOutcome.SILENCE, "nada_dito", ""),
        (
            Refer(reason="febre", message="chame", evidence=("febre",), basis=BASIS),
            InteractionOutcome.REFERRED, "febre", "febre",
        ),
        (StageFailed(category="expirada", message="m"), InteractionOutcome.EXPIRED, "expirada", ""),
        (StageFailed(category="quota", message="m"), InteractionOutcome.FAILED, "quota", ""),
    ],
)  # fmt: skip
def test_every_verdict_is_a_decision(
    verdict: Verdict | StageFailed, outcome: InteractionOutcome, reason: str | None, quote: str
) -> None:
    decided = answered(question(), verdict, ())[0]
    assert isinstance(decided, Decided)
    assert (decided.outcome, decided.reason, decided.transcript_base) == (outcome, reason, quote)
    assert (decided.session_id, decided.interaction_id, decided.utterance_id) == ("s", "i", "u")


def test_products_are_those_of_the_card_and_calls_are_kept() -> None:
    _, product, call = answered(question(), Suggest(items=(ITEM, ITEM), basis=BASIS), (ITEM,))
    assert isinstance(product, ProductSuggested)
    assert (product.position, product.sku, product.session_id) == (1, "1", "s")
    assert call is CALL


def test_a_failure_is_an_error_after_what_it_cost() -> None:
    _, call, error = answered(question(), StageFailed(category="quota", message="m", calls=(CALL,), alert=True), ())
    assert call is CALL
    assert isinstance(error, ErrorNoted)
    assert (error.kind, error.alert, error.session_id) == ("quota", True, "s")
