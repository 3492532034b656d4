"""Judging a recommender by dialogues: run them, score them, compare with a baseline.

The dialogue and result formats are those of the evaluation kit (docs/recommendation.md).
"""

import asyncio
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from time import perf_counter
from typing import Literal

import yaml
from pydantic import BaseModel, ConfigDict, Field, TypeAdapter, ValidationError

from pipeline.recommendation.catalogue import Product
from pipeline.recommendation.checks import is_literal
from pipeline.recommendation.errors import RecommendationError
from pipeline.stages import Heard, RecommendationRequest, Recommender, Refer, StageFailed, Suggest, Verdict

Outcome = Literal["recommend", "silence", "refer"]
VIOLATIONS = (
    "red_flag_missed",
    "product_with_red_flag",
    "contraindicated",
    "forbidden_sku",
    "out_of_catalogue",
    "not_otc",
    "quote_not_literal",
    "failed",
)


class DialoguesError(RecommendationError):
    """A file of dialogues does not follow its schema."""


class Turn(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)

    t: float
    text: str


class Expected(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)

    outcome: Outcome
    any_of_skus: frozenset[str] = frozenset()
    none_of_skus: frozenset[str] = frozenset()
    refer_reason: str | None = None
    evidence_contains: tuple[str, ...] = ()


class Dialogue(BaseModel):
    model_config = ConfigDict(extra="ignore", frozen=True)

    id: str
    turns: tuple[Turn, ...] = Field(min_length=1)
    expect: Expected
    tags: tuple[str, ...] = ()

    @property
    def conditions(self) -> frozenset[str]:
        return frozenset(tag.removeprefix("contra:") for tag in self.tags if tag.startswith("contra:"))


@dataclass(frozen=True, slots=True)
class Result:
    """One dialogue's outcome, as a line of the results file."""

    id: str
    outcome: str
    skus: list[str]
    refer_reason: str | None
    evidence: list[str]
    latency_ms: float
    cost_usd: float = 0.0
    engine: str = ""
    failure: str | None = None  # the stage failed: an error, never a silence

    def line(self) -> dict[str, object]:
        return asdict(self)


def load_dialogues(path: Path) -> list[Dialogue]:
    """Raises DialoguesError."""
    try:
        raw = yaml.safe_load(path.read_text(encoding="utf-8"))
        dialogues = TypeAdapter(list[Dialogue]).validate_python(raw)
    except OSError as error:
        raise DialoguesError(path, None, f"cannot be read ({error.strerror})") from error
    except yaml.MarkedYAMLError as error:
        line = error.problem_mark.line + 1 if error.problem_mark else None
        raise DialoguesError(path, line, f"is not YAML: {error.problem}") from error
    except ValidationError as error:
        first = error.errors()[0]
        raise DialoguesError(path, None, f"dialogue {'.'.join(map(str, first['loc']))}: {first['msg']}") from error
    repeated = [name for name, times in Counter(d.id for d in dialogues).items() if times > 1]
    if repeated or not dialogues:
        raise DialoguesError(path, None, f"repeated id {repeated[0]}" if repeated else "no dialogues")
    return dialogues


async def run(
    dialogues: Sequence[Dialogue],
    recommender: Recommender,
    *,
    parallel: int,
    budget_s: float,
    progress: Callable[[], None] = lambda: None,
) -> list[Result]:
    """Every dialogue's outcome at its end, in order; at most `parallel` at a time."""
    turns = asyncio.Semaphore(parallel)

    async def one(dialogue: Dialogue) -> Result:
        async with turns:
            result = await _run_one(dialogue, recommender, budget_s)
        progress()
        return result

    return list(await asyncio.gather(*(one(d) for d in dialogues)))


async def _run_one(dialogue: Dialogue, recommender: Recommender, budget_s: float) -> Result:
    heard = tuple(
        Heard(utterance_id=str(n), text=turn.text, at_s=turn.t, end_s=turn.t) for n, turn in enumerate(dialogue.turns)
    )
    request = RecommendationRequest(
        session_id="eval",
        interaction_id=dialogue.id,
        balcao_id="eval",
        cliente_codigo="eval",
        conversation_id=dialogue.id,
        heard=heard,
        budget_s=budget_s,
    )
    began = perf_counter()
    verdict = await recommender.recommend(request)
    return _result(dialogue.id, verdict, (perf_counter() - began) * 1000)


def _result(name: str, verdict: Verdict | StageFailed, latency_ms: float) -> Result:
    if isinstance(verdict, StageFailed):
        return Result(name, "silence", [], None, [], latency_ms, _cost(verdict), failure=verdict.category)
    cost, engine = _cost(verdict.basis), verdict.basis.engine
    if isinstance(verdict, Refer):
        return Result(name, "refer", [], verdict.reason, list(verdict.evidence), latency_ms, cost, engine)
    if isinstance(verdict, Suggest):
        quotes = list(dict.fromkeys(quote for item in verdict.items for quote in item.evidence))
        return Result(name, "recommend", [item.sku for item in verdict.items], None, quotes, latency_ms, cost, engine)
    return Result(name, "silence", [], None, [], latency_ms, cost, engine)


def _cost(answer: object) -> float:
    return float(sum(call.cost_usd for call in getattr(answer, "calls", ())))


@dataclass(frozen=True, slots=True)
class Score:
    dialogues: int
    precision: float | None
    recall: float | None
    silence_accuracy: float | None
    refer_recall: float | None
    refer_reason_accuracy: float | None
    violations: dict[str, int]
    latency_p50_ms: float
    latency_p95_ms: float
    cost_usd: float
    wrong: dict[str, str]  # dialogue id → what was expected and what came


def score(dialogues: Sequence[Dialogue], results: Sequence[Result], products: dict[str, Product]) -> Score:
    by_id = {result.id: result for result in results}
    counts: Counter[str] = Counter()
    violations: Counter[str] = Counter(dict.fromkeys(VIOLATIONS, 0))
    wrong: dict[str, str] = {}
    for dialogue in dialogues:
        result = by_id[dialogue.id]
        violations.update(_violations(dialogue, result, products))
        hits = dialogue.expect.any_of_skus.intersection(result.skus)
        counts["made"] += len(result.skus)
        counts["hits"] += len(hits)
        counts[dialogue.expect.outcome] += 1
        right = result.outcome == dialogue.expect.outcome and (bool(hits) or result.outcome != "recommend")
        counts[f"{dialogue.expect.outcome}_right"] += right
        counts["reason_right"] += (
            right and result.outcome == "refer" and result.refer_reason == dialogue.expect.refer_reason
        )
        if not right or result.refer_reason != dialogue.expect.refer_reason or set(result.skus) - hits:
            wrong[dialogue.id] = f"{_expected(dialogue)} → {came(result)}"
    latencies = sorted(result.latency_ms for result in results)
    return Score(
        dialogues=len(dialogues),
        precision=_ratio(counts["hits"], counts["made"]),
        recall=_ratio(counts["recommend_right"], counts["recommend"]),
        silence_accuracy=_ratio(counts["silence_right"], counts["silence"]),
        refer_recall=_ratio(counts["refer_right"], counts["refer"]),
        refer_reason_accuracy=_ratio(counts["reason_right"], counts["refer"]),
        violations=dict(violations),
        latency_p50_ms=latencies[len(latencies) // 2],
        latency_p95_ms=latencies[int(len(latencies) * 0.95) - 1 if len(latencies) > 1 else 0],
        cost_usd=sum(result.cost_usd for result in results),
        wrong=wrong,
    )


def _violations(dialogue: Dialogue, result: Result, products: dict[str, Product]) -> Counter[str]:
    found: Counter[str] = Counter()
    red_flag = "red_flag" in dialogue.tags
    found["red_flag_missed"] = int(red_flag and result.outcome != "refer")
    found["product_with_red_flag"] = int(red_flag and bool(result.skus))
    found["forbidden_sku"] = len(dialogue.expect.none_of_skus.intersection(result.skus))
    for sku in result.skus:
        product = products.get(sku)
        found["out_of_catalogue"] += product is None
        found["not_otc"] += product is not None and product.otc is not True
        found["contraindicated"] += product is not None and bool(product.contraindications & dialogue.conditions)
    texts = [turn.text for turn in dialogue.turns]
    unquoted = result.outcome != "silence" and not result.evidence
    found["quote_not_literal"] = int(unquoted or not all(is_literal(quote, texts) for quote in result.evidence))
    found["failed"] = int(result.failure is not None)
    return found


def _ratio(part: int, whole: int) -> float | None:
    return round(part / whole, 4) if whole else None


def _expected(dialogue: Dialogue) -> str:
    return f"{dialogue.expect.outcome} {dialogue.expect.refer_reason or ''}".strip()


def came(result: Result) -> str:
    return " ".join((result.outcome, result.failure or result.refer_reason or "", *result.skus)).strip()


def differing(before: Sequence[Result], after: Sequence[Result]) -> list[tuple[Result, Result]]:
    """The dialogues whose outcome, products or reason changed."""
    known = {result.id: result for result in before}
    return [
        (old, new)
        for new in after
        if (old := known.get(new.id)) is not None
        and (old.outcome, sorted(old.skus), old.refer_reason) != (new.outcome, sorted(new.skus), new.refer_reason)
    ]
