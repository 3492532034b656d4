"""Dialogues put to a recommender, and what came of each. `evaluation_score` judges it.

The result format is that of the evaluation kit (docs/recommendation.md), with more fields.
"""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from time import perf_counter

from pydantic import TypeAdapter, ValidationError

from pipeline.events import ProviderCalled
from pipeline.recommendation.errors import RecommendationError
from pipeline.recommendation.evaluation_dialogues import Dialogue, Outcome
from pipeline.stages import Heard, RecommendationRequest, Recommender, Refer, StageFailed, Suggest, Verdict


class ResultsError(RecommendationError):
    """A file of results cannot be read."""


@dataclass(frozen=True, slots=True)
class Talk:
    """What a dialogue took that was played on its own clock, as a counter's session is."""

    duration_s: float
    forwarded_s: float  # sent to the transcriber
    questions: int
    at_once: int  # of those, put without waiting for a pause
    stt_calls: int
    stt_usd: float
    llm_calls: int
    llm_usd: float
    words: int = 0  # of the script, when the recording has one
    word_errors: int = 0  # to change, add or drop to come from the script to what was heard


@dataclass(frozen=True, slots=True)
class Result:
    """One dialogue's outcome, as a line of the results file."""

    id: str
    outcome: Outcome
    skus: list[str]
    refer_reason: str | None
    evidence: list[str]
    latency_ms: float  # of the question; of a dialogue played on its clock, from the end of speech to the answer
    cost_usd: float = 0.0
    engine: str = ""
    failure: str | None = None  # a stage failed: an error, never a silence
    fell_back: int = 0  # questions that the model was asked and the catalogue had to answer
    withdrawn: list[str] = field(default_factory=list)  # shown, then taken back by a referral
    heard: list[str] = field(default_factory=list)  # of a recording, what quotes are checked against
    talk: Talk | None = None

    def line(self) -> dict[str, object]:
        return asdict(self)


def read_results(path: Path) -> list[Result]:
    """Lines that an earlier run wrote. Raises ResultsError."""
    try:
        lines = path.read_text(encoding="utf-8").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        raise ResultsError(path, None, f"cannot be read ({error})") from error
    adapter, found = TypeAdapter(Result), []
    for number, line in enumerate(lines, 1):
        try:
            found += [adapter.validate_json(line)] if line.strip() else []
        except ValidationError as error:
            raise ResultsError(path, number, "is not a line of `balto eval --results`") from error
    if not found:
        raise ResultsError(path, None, "holds no results; write one with `balto eval … --results`")
    return found


Play = Callable[[Dialogue], Awaitable[Result]]


async def run(
    dialogues: Sequence[Dialogue], play: Play, *, parallel: int, progress: Callable[[], None] = lambda: None
) -> list[Result]:
    """Every dialogue's outcome, in order; at most `parallel` at a time. The first error ends the others."""
    turns = asyncio.Semaphore(parallel)

    async def one(dialogue: Dialogue) -> Result:
        async with turns:
            result = await play(dialogue)
        progress()
        return result

    async with asyncio.TaskGroup() as group:
        tasks = [group.create_task(one(d), name=f"dialogue {d.id}") for d in dialogues]
    return [task.result() for task in tasks]


async def ask_once(dialogue: Dialogue, recommender: Recommender, budget_s: float) -> Result:
    """One question with all that was said, at the dialogue's end."""
    heard = tuple(
        Heard(utterance_id=str(n), text=turn.text, at_s=turn.t, end_s=turn.t) for n, turn in enumerate(dialogue.turns)
    )
    began = perf_counter()
    verdict = await recommender.recommend(question(dialogue.id, dialogue.id, heard, budget_s))
    return _result(dialogue.id, verdict, (perf_counter() - began) * 1000)


def question(
    name: str, conversation_id: str, heard: tuple[Heard, ...], budget_s: float, shown_skus: tuple[str, ...] = ()
) -> RecommendationRequest:
    return RecommendationRequest(
        session_id="eval",
        interaction_id=name,
        balcao_id="eval",
        cliente_codigo="eval",
        conversation_id=conversation_id,
        heard=heard,
        shown_skus=shown_skus,
        budget_s=budget_s,
    )


def _result(name: str, verdict: Verdict | StageFailed, latency_ms: float) -> Result:
    cost = cost_usd(verdict)
    if isinstance(verdict, StageFailed):
        return Result(name, "silence", [], None, [], latency_ms, cost, failure=verdict.category)
    engine, back = verdict.basis.engine, int(fell_back(verdict))
    if isinstance(verdict, Refer):
        quotes = list(verdict.evidence)
        return Result(name, "refer", [], verdict.reason, quotes, latency_ms, cost, engine, fell_back=back)
    if isinstance(verdict, Suggest):
        quotes = list(dict.fromkeys(quote for item in verdict.items for quote in item.evidence))
        skus = [item.sku for item in verdict.items]
        return Result(name, "recommend", skus, None, quotes, latency_ms, cost, engine, fell_back=back)
    return Result(name, "silence", [], None, [], latency_ms, cost, engine, fell_back=back)


def calls_of(verdict: Verdict | StageFailed) -> tuple[ProviderCalled, ...]:
    return verdict.calls if isinstance(verdict, StageFailed) else verdict.basis.calls


def cost_usd(verdict: Verdict | StageFailed) -> float:
    return sum(call.cost_usd for call in calls_of(verdict))


def fell_back(verdict: Verdict) -> bool:
    """The model was called, and its answer was not the one given."""
    return bool(verdict.basis.calls) and verdict.basis.model is None
