"""`balto eval`: judge a recommender by dialogues, against a baseline when there is one."""

import asyncio
import json
from dataclasses import fields
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer
from rich.progress import Progress
from rich.table import Table

from cli.output import CommandError, err, out
from configs.environment import Environment
from configs.model import ModelSettings
from configs.recommendation import RecommendationSettings
from pipeline.recommendation.catalogue import load_catalogue
from pipeline.recommendation.errors import RecommendationError
from pipeline.recommendation.evaluation import Dialogue, Result, Score, came, differing, load_dialogues, run, score
from pipeline.recommendation.recommend import make_recommender


class Engine(StrEnum):
    DETERMINISTIC = "deterministic"
    MODEL = "model"  # the provider that the settings and the environment name


def evaluate(
    dialogues: Annotated[Path, typer.Argument(help="dialogues with what is expected of each (YAML)")],
    catalogue: Annotated[Path | None, typer.Option(help="catalogue (CSV); default: the starter catalogue")] = None,
    rules: Annotated[Path | None, typer.Option(help="rule file (YAML); default: the one Balto ships")] = None,
    recommender: Annotated[Engine, typer.Option(help="deterministic, or the chat model in the settings")] = (
        Engine.DETERMINISTIC
    ),
    results: Annotated[Path | None, typer.Option(help="write one JSON line per dialogue here")] = None,
    baseline: Annotated[Path | None, typer.Option(help="results of an earlier run to compare with")] = None,
    parallel: Annotated[int, typer.Option(min=1, max=64, help="dialogues at a time")] = 8,
    budget_s: Annotated[float, typer.Option(min=0.1, help="time that one dialogue may take, in seconds")] = 8.0,
    strict: Annotated[bool, typer.Option("--strict", help="exit 1 when anything that must be zero is not")] = False,
) -> None:
    """Run dialogues through a recommender and print how right, how safe, how fast and how dear it was."""
    settings = RecommendationSettings()
    changes = {"catalogue": catalogue, "rules": rules}
    settings = settings.model_copy(update={name: path for name, path in changes.items() if path is not None})
    try:
        cases = load_dialogues(dialogues)
        products = load_catalogue(settings.catalogue).products
        before = _read_results(baseline) if baseline else []
        found = asyncio.run(_run(cases, settings, recommender, parallel, budget_s))
    except RecommendationError as error:
        raise CommandError(str(error)) from error
    if results is not None:
        results.write_text("".join(json.dumps(r.line(), ensure_ascii=False) + "\n" for r in found), encoding="utf-8")
    judged = score(cases, found, products)
    known = {r.id for r in before}
    compared = score([c for c in cases if c.id in known], before, products) if before else None
    _show(judged, compared)
    _show_differing(before, found)
    if strict and any(judged.violations.values()):
        raise typer.Exit(1)


async def _run(
    cases: list[Dialogue], settings: RecommendationSettings, engine: Engine, parallel: int, budget_s: float
) -> list[Result]:
    model = None
    if engine is Engine.MODEL:
        from pipeline.recommendation.chat import make_chat_model  # an HTTP client: loaded when needed

        model = make_chat_model(ModelSettings(), Environment())
        if model is None:
            raise CommandError("no chat model: set XAI_API_KEY, or use --recommender deterministic")
    try:
        with Progress(console=err, transient=True) as bar:
            task = bar.add_task("dialogues", total=len(cases))
            return await run(
                cases,
                make_recommender(settings, model),
                parallel=parallel,
                budget_s=budget_s,
                progress=lambda: bar.advance(task),
            )
    finally:
        if model is not None:
            await model.aclose()


def _read_results(path: Path) -> list[Result]:
    names = {field.name for field in fields(Result)}
    found = []
    try:
        lines = path.read_text(encoding="utf-8").splitlines()
    except OSError as error:
        raise CommandError(f"{path}: cannot be read ({error.strerror})") from error
    for number, line in enumerate(lines, 1):
        if not line.strip():
            continue
        try:
            found.append(Result(**{k: v for k, v in json.loads(line).items() if k in names}))
        except (ValueError, TypeError, AttributeError) as error:
            raise CommandError(f"{path}:{number}: is not a line of `balto eval --results`") from error
    return found


def _show(now: Score, before: Score | None) -> None:
    table = Table("", "now", *(["baseline"] if before else []))
    for name in ("dialogues", "precision", "recall", "silence_accuracy", "refer_recall", "refer_reason_accuracy"):
        table.add_row(name, *(_cell(getattr(s, name)) for s in (now, before) if s))
    for name in ("latency_p50_ms", "latency_p95_ms", "cost_usd"):
        table.add_row(name, *(f"{getattr(s, name):.4g}" for s in (now, before) if s))
    table.add_section()
    for name, number in now.violations.items():
        row = [str(number), *([str(before.violations[name])] if before else [])]
        table.add_row(f"must be 0: {name}", *row, style="bad" if number else None)
    out.print(table)
    for case, what in now.wrong.items():
        out.print(f"[warn]{case}[/warn]  {what}")


def _cell(value: object) -> str:
    return "n/a" if value is None else str(value)


def _show_differing(before: list[Result], after: list[Result]) -> None:
    if not before:
        return
    changed = differing(before, after)
    out.print(f"{len(changed)} of {len(after)} dialogues changed")
    for old, new in changed:
        out.print(f"  {old.id}: {came(old)} → {came(new)}")
