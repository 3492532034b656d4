"""A dialogue attended as a counter's session is: the asking policy decides when the recommender is asked, and again.

It runs on the dialogue's own clock, to which the time that the providers really took is added, so an hour of talk is
evaluated in seconds and asked about as often as it would be live.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from time import perf_counter

from configs.recommendation import RecommendationSettings
from pipeline.conversation.context import ConversationContext
from pipeline.recommendation.evaluation import Result, Talk, calls_of, cost_usd, fell_back, question
from pipeline.recommendation.evaluation_dialogues import Dialogue, Turn
from pipeline.stages import Heard, Recommender, Refer, StageFailed, Suggest, Suggestion, Verdict

WORDS_PER_S = 2.5  # of talk at a counter; a written turn has a beginning and no end


@dataclass(frozen=True, slots=True)
class Spoken:
    heard: Heard
    speech_end_s: float
    known_s: float  # when its text was there


@dataclass(frozen=True, slots=True)
class Answered:
    """One question and its answer. `waited_s`: after the words were known; `latency_s`: after they were spoken."""

    conversation_id: str
    waited_s: float
    latency_s: float
    verdict: Verdict | StageFailed


async def attend(
    name: str, spoken: Sequence[Spoken], recommender: Recommender, settings: RecommendationSettings, budget_s: float
) -> list[Answered]:
    """Every question that the policy puts, in order; one at a time, as `pipeline.conversation.attending` does."""
    context, answers, free_s = ConversationContext(settings), [], 0.0
    for place, piece in enumerate(spoken):
        context.hear(piece.heard)
        now_s = max(piece.known_s, free_s)
        next_s = spoken[place + 1].known_s if place + 1 < len(spoken) else float("inf")
        wait_s = context.due_in(now_s)
        if wait_s is None or now_s + wait_s >= next_s:
            continue
        asked_s = now_s + wait_s
        context.asked(asked_s)
        began_s = perf_counter()
        verdict = await recommender.recommend(
            question(name, context.conversation_id, context.heard, budget_s, context.shown_skus)
        )
        free_s = asked_s + perf_counter() - began_s
        if isinstance(verdict, Suggest):
            context.shown([verdict.items[0].sku])
        answers.append(Answered(context.conversation_id, wait_s, free_s - piece.speech_end_s, verdict))
    return answers


def concluded(name: str, answers: Sequence[Answered], talk: Talk, heard: Sequence[str] = ()) -> Result:
    """What stood at the end: a card stays unless a referral of its conversation took it back."""
    shown: dict[str, list[Suggestion]] = {}
    withdrawn: list[str] = []
    referred: Refer | None = None
    for answer in answers:
        if isinstance(answer.verdict, Refer):
            withdrawn += [item.sku for item in shown.pop(answer.conversation_id, [])]
            referred = answer.verdict
        elif isinstance(answer.verdict, Suggest):
            shown.setdefault(answer.conversation_id, []).append(answer.verdict.items[0])
    cards = [item for items in shown.values() for item in items]
    quotes = [*(referred.evidence if referred else ()), *(quote for item in cards for quote in item.evidence)]
    return Result(
        id=name,
        outcome="refer" if referred else "recommend" if cards else "silence",
        skus=[item.sku for item in cards],
        refer_reason=referred.reason if referred else None,
        evidence=list(dict.fromkeys(quotes)),
        latency_ms=_deciding(answers) * 1000,
        cost_usd=talk.stt_usd + talk.llm_usd,
        engine=_engine(answers),
        failure=next((a.verdict.category for a in answers if isinstance(a.verdict, StageFailed)), None),
        fell_back=sum(fell_back(a.verdict) for a in answers if not isinstance(a.verdict, StageFailed)),
        withdrawn=withdrawn,
        heard=list(heard),
        talk=talk,
    )


def _deciding(answers: Sequence[Answered]) -> float:
    """Seconds to the first answer that a counter saw, else to the last; 0 when nothing was asked."""
    told = [a.latency_s for a in answers if isinstance(a.verdict, Suggest | Refer)]
    return told[0] if told else answers[-1].latency_s if answers else 0.0


def _engine(answers: Sequence[Answered]) -> str:
    """What the cards came from; without cards, what answered."""
    engines = [a.verdict.basis.engine for a in answers if isinstance(a.verdict, Suggest)] or [
        a.verdict.basis.engine for a in answers if not isinstance(a.verdict, StageFailed)
    ]
    return "+".join(sorted(set(engines)))


def talk_of(
    answers: Sequence[Answered],
    duration_s: float,
    *,
    forwarded_s: float = 0.0,
    stt_calls: int = 0,
    stt_usd: float = 0.0,
    words: int = 0,
    word_errors: int = 0,
) -> Talk:
    return Talk(
        duration_s=duration_s,
        forwarded_s=forwarded_s,
        questions=len(answers),
        at_once=sum(answer.waited_s == 0 for answer in answers),
        stt_calls=stt_calls,
        stt_usd=stt_usd,
        llm_calls=sum(len(calls_of(answer.verdict)) for answer in answers),
        llm_usd=sum(cost_usd(answer.verdict) for answer in answers),
        words=words,
        word_errors=word_errors,
    )


async def ask_along(
    dialogue: Dialogue, recommender: Recommender, settings: RecommendationSettings, budget_s: float
) -> Result:
    """A written dialogue, attended: turns last as long as their words take, up to the next."""
    spoken = _as_spoken(dialogue.turns)
    answers = await attend(dialogue.id, spoken, recommender, settings, budget_s)
    return concluded(dialogue.id, answers, talk_of(answers, spoken[-1].speech_end_s))


def _as_spoken(turns: Sequence[Turn]) -> list[Spoken]:
    starts = [turn.t for turn in turns[1:]] + [float("inf")]
    spoken = []
    for number, (turn, next_s) in enumerate(zip(turns, starts, strict=True)):
        end_s = max(turn.t, min(next_s, turn.t + len(turn.text.split()) / WORDS_PER_S))
        spoken.append(Spoken(Heard(utterance_id=str(number), text=turn.text, at_s=turn.t, end_s=end_s), end_s, end_s))
    return spoken
