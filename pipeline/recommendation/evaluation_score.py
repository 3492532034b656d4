"""How right, how safe, how fast and how dear: results against what was expected, and against an earlier run."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from pipeline.recommendation.catalogue import Product
from pipeline.recommendation.checks import is_literal
from pipeline.recommendation.evaluation import Result, Talk
from pipeline.recommendation.evaluation_dialogues import Dialogue

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
    fell_back: int
    withdrawn: int
    wrong: dict[str, str]  # dialogue id → what was expected and what came


def score(dialogues: Sequence[Dialogue], results: Sequence[Result], products: dict[str, Product]) -> Score:
    """Every dialogue must have its result; results of others are left out. At least one dialogue."""
    by_id = {result.id: result for result in results}
    counts: Counter[str] = Counter()
    violations: Counter[str] = Counter(dict.fromkeys(VIOLATIONS, 0))
    wrong: dict[str, str] = {}
    for dialogue in dialogues:
        result = by_id[dialogue.id]
        expect = dialogue.expect
        violations.update(_violations(dialogue, result, products))
        hits = (expect.any_of_skus or frozenset(result.skus)).intersection(result.skus)
        same_reason = expect.refer_reason in (None, result.refer_reason)
        counts["made"] += len(result.skus)
        counts["hits"] += len(hits)
        counts[expect.outcome] += 1
        right = result.outcome == expect.outcome and (bool(hits) or result.outcome != "recommend")
        counts[f"{expect.outcome}_right"] += right
        counts["reason_right"] += right and result.outcome == "refer" and same_reason
        if not right or not same_reason or set(result.skus) - hits:
            wrong[dialogue.id] = f"{_expected(dialogue)} → {came(result)}"
    judged = [by_id[dialogue.id] for dialogue in dialogues]
    latencies = sorted(result.latency_ms for result in judged)
    return Score(
        dialogues=len(dialogues),
        precision=_ratio(counts["hits"], counts["made"]),
        recall=_ratio(counts["recommend_right"], counts["recommend"]),
        silence_accuracy=_ratio(counts["silence_right"], counts["silence"]),
        refer_recall=_ratio(counts["refer_right"], counts["refer"]),
        refer_reason_accuracy=_ratio(counts["reason_right"], counts["refer"]),
        violations=dict(violations),
        latency_p50_ms=_percentile(latencies, 0.50),
        latency_p95_ms=_percentile(latencies, 0.95),
        cost_usd=sum(result.cost_usd for result in judged),
        fell_back=sum(result.fell_back for result in judged),
        withdrawn=sum(len(result.withdrawn) for result in judged),
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
    texts = result.heard or [turn.text for turn in dialogue.turns]
    unquoted = result.outcome != "silence" and not result.evidence
    found["quote_not_literal"] = int(unquoted or not all(is_literal(quote, texts) for quote in result.evidence))
    found["failed"] = int(result.failure is not None)
    return found


def _ratio(part: int, whole: int) -> float | None:
    return round(part / whole, 4) if whole else None


def _percentile(ordered: Sequence[float], share: float) -> float:
    return ordered[min(len(ordered) - 1, int(share * len(ordered)))]


def _expected(dialogue: Dialogue) -> str:
    return f"{dialogue.expect.outcome} {dialogue.expect.refer_reason or ''}".strip()


def came(result: Result) -> str:
    return " ".join(filter(None, (result.outcome, result.failure or result.refer_reason, *result.skus)))


def differing(before: Sequence[Result], after: Sequence[Result]) -> list[tuple[Result, Result]]:
    """The dialogues whose outcome, products or reason changed."""
    known = {result.id: result for result in before}
    return [
        (old, new)
        for new in after
        if (old := known.get(new.id)) is not None
        and (old.outcome, sorted(old.skus), old.refer_reason) != (new.outcome, sorted(new.skus), new.refer_reason)
    ]


@dataclass(frozen=True, slots=True)
class TalkFigures:
    """What an hour at the counter costs. Hours are the recordings' whole length, silence included."""

    hours: float
    forwarded_share: float
    questions_per_hour: float
    at_once_share: float | None
    stt_calls_per_hour: float
    stt_usd_per_hour: float
    llm_calls_per_hour: float
    llm_usd_per_hour: float
    word_error_rate: float | None


def talk_figures(results: Sequence[Result]) -> TalkFigures | None:
    """Of the dialogues that were played on their own clock; None when there are none."""
    talks = [result.talk for result in results if result.talk is not None]
    hours = sum(talk.duration_s for talk in talks) / 3600
    if not hours:
        return None
    total = {name: float(sum(getattr(talk, name) for talk in talks)) for name in Talk.__dataclass_fields__}
    return TalkFigures(
        hours=hours,
        forwarded_share=total["forwarded_s"] / 3600 / hours,
        questions_per_hour=total["questions"] / hours,
        at_once_share=total["at_once"] / total["questions"] if total["questions"] else None,
        stt_calls_per_hour=total["stt_calls"] / hours,
        stt_usd_per_hour=total["stt_usd"] / hours,
        llm_calls_per_hour=total["llm_calls"] / hours,
        llm_usd_per_hour=total["llm_usd"] / hours,
        word_error_rate=total["word_errors"] / total["words"] if total["words"] else None,
    )
