"""What `balto eval` prints."""

from collections.abc import Sequence

from rich.markup import escape
from rich.table import Table

from cli.output import out
from pipeline.recommendation.evaluation import Result
from pipeline.recommendation.evaluation_dialogues import Dialogue
from pipeline.recommendation.evaluation_score import Score, came, differing, talk_figures

RATIOS = ("precision", "recall", "silence_accuracy", "refer_recall", "refer_reason_accuracy")
MEASURES = ("latency_p50_ms", "latency_p95_ms", "cost_usd")


def show(now: Score, before: Score | None, dialogues: Sequence[Dialogue], results: Sequence[Result]) -> None:
    """The figures, beside the baseline's; then each wrong dialogue, with what it took and cost."""
    columns = [now, *([before] if before else [])]
    table = Table("", "now", *(["baseline"] if before else []))
    for name in ("dialogues", *RATIOS):
        table.add_row(name, *(_cell(getattr(s, name)) for s in columns))
    for name in MEASURES:
        table.add_row(name, *(f"{getattr(s, name):.4g}" for s in columns))
    table.add_row("answered without the model", *(str(s.fell_back) for s in columns))
    table.add_row("shown, then withdrawn", *(str(s.withdrawn) for s in columns))
    table.add_section()
    for name, number in now.violations.items():
        row = (str(s.violations[name]) for s in columns)
        table.add_row(f"must be 0: {name}", *row, style="bad" if number else None)
    out.print(table)
    _show_wrong(now, dialogues, results)
    for result in results:
        if result.withdrawn:
            taken = escape(", ".join(result.withdrawn))
            out.print(f"[warn]{escape(result.id)}[/warn] showed {taken}, then referred: {result.refer_reason}")


def _cell(value: object) -> str:
    return "n/a" if value is None else str(value)


def _show_wrong(judged: Score, dialogues: Sequence[Dialogue], results: Sequence[Result]) -> None:
    if not judged.wrong:
        return
    by_id = {result.id: result for result in results}
    table = Table("dialogue", "expected → came", "ms", "USD", title="not as expected")
    for dialogue in dialogues:
        if what := judged.wrong.get(dialogue.id):
            result = by_id[dialogue.id]
            table.add_row(escape(dialogue.id), escape(what), f"{result.latency_ms:.0f}", f"{result.cost_usd:.6f}")
    out.print(table)


def show_differing(before: Sequence[Result], after: Sequence[Result], dialogues: Sequence[Dialogue]) -> None:
    """What changed against the baseline, and whether it was put right or broken is for the reader to see."""
    wanted = {dialogue.id: dialogue.expect for dialogue in dialogues}
    changed = differing(before, after)
    known = {result.id for result in before}
    shared = sum(result.id in known for result in after)
    out.print(f"{len(changed)} of {shared} dialogues changed against the baseline")
    for old, new in changed:
        expected = f"{wanted[old.id].outcome} {wanted[old.id].refer_reason or ''}".strip()
        out.print(f"  {escape(old.id)}: {escape(came(old))} → {escape(came(new))} (expected {escape(expected)})")
    if shared < len(after):
        out.print(
            f"[warn]{len(after) - shared} dialogues are not in the baseline: both columns are of the others[/warn]"
        )


def show_talk(results: Sequence[Result]) -> None:
    """What an hour of talk costs, when dialogues were played on their own clock."""
    figures = talk_figures(results)
    if figures is None:
        return
    table = Table("an hour at the counter", "", caption=f"from {figures.hours * 3600:.0f} s of talk, silence included")
    table.add_row("questions to the recommender", f"{figures.questions_per_hour:.0f}")
    table.add_row("… put at once, not after a pause", _share(figures.at_once_share))
    table.add_row("calls to the model", f"{figures.llm_calls_per_hour:.0f}")
    table.add_row("model, USD", f"{figures.llm_usd_per_hour:.4f}")
    if figures.stt_calls_per_hour:
        table.add_row("calls to the transcriber", f"{figures.stt_calls_per_hour:.0f}")
        table.add_row("transcriber, USD", f"{figures.stt_usd_per_hour:.4f}")
        table.add_row("audio forwarded", _share(figures.forwarded_share))
        table.add_row("words wrong, of the script's", _share(figures.word_error_rate))
    out.print(table)


def _share(value: float | None) -> str:
    return "n/a" if value is None else f"{value:.1%}"
