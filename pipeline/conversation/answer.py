"""What the record keeps of one question and its answer, whether or not anything of it is shown."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from pipeline.conversation.timeline import Timeline
from pipeline.events import Decided, ErrorNoted, Event, InteractionOutcome, ProductSuggested
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


@dataclass(frozen=True, slots=True)
class Question:
    """`last` is the utterance that raised it."""

    request: RecommendationRequest
    last: Heard
    timeline: Timeline


def answered(question: Question, verdict: Verdict | StageFailed, shown: Sequence[Suggestion]) -> list[Event]:
    """The decision, the products that the card holds, what was paid for it, and its failure."""
    events: list[Event] = [_decided(question, verdict), *_suggested(question.request, shown)]
    if not isinstance(verdict, StageFailed):
        return [*events, *verdict.basis.calls]
    failure = ErrorNoted(
        component="recommender",
        kind=verdict.category,
        message=verdict.message,
        session_id=question.request.session_id,
        alert=verdict.alert,
    )
    return [*events, *verdict.calls, failure]


def _suggested(request: RecommendationRequest, shown: Sequence[Suggestion]) -> Iterator[Event]:
    for position, item in enumerate(shown, 1):
        yield ProductSuggested(
            interaction_id=request.interaction_id,
            session_id=request.session_id,
            position=position,
            sku=item.sku,
            produto=item.produto,
            explicacao=item.explicacao,
        )


def _decided(question: Question, verdict: Verdict | StageFailed) -> Decided:
    outcome, reason, evidence, text = _outcome(verdict)
    basis = Basis(engine="") if isinstance(verdict, StageFailed) else verdict.basis
    return Decided(
        interaction_id=question.request.interaction_id,
        session_id=question.request.session_id,
        conversation_id=question.request.conversation_id,
        utterance_id=question.last.utterance_id,
        outcome=outcome,
        reason=reason,
        engine=basis.engine,
        model=basis.model,
        catalogue_version=basis.catalogue_version or None,
        rules_version=basis.rules_version or None,
        symptoms=basis.symptoms,
        transcript_base=quoted(evidence),
        evidence=evidence,
        message=text,
        latency=question.timeline.breakdown(),
    )


def _outcome(
    verdict: Verdict | StageFailed,
) -> tuple[InteractionOutcome, str | None, tuple[str, ...], str | None]:
    match verdict:
        case Suggest(items=items):
            return InteractionOutcome.SUGGESTED, None, items[0].evidence, None
        case Silence(reason=reason):
            return InteractionOutcome.SILENCE, reason, (), None
        case Refer(reason=reason, evidence=evidence, message=message):
            return InteractionOutcome.REFERRED, reason, evidence, message
        case StageFailed(category="expirada"):
            return InteractionOutcome.EXPIRED, "expirada", (), None
        case StageFailed(category=category):
            return InteractionOutcome.FAILED, category, (), None


def quoted(evidence: tuple[str, ...]) -> str:
    """As counters and analysts read it."""
    return " … ".join(evidence)
