"""`balto eval`: judge a recommender by dialogues, against a baseline when there is one."""

import asyncio
import json
from collections.abc import Awaitable, Sequence
from contextlib import AsyncExitStack
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.progress import Progress

from cli.eval_report import show, show_differing, show_talk
from cli.eval_settings import providers, read_settings
from cli.output import CommandError, err, out
from client.wav import WavAudio
from configs.application import ApplicationSettings
from configs.environment import Environment
from pipeline.recommendation.catalogue import Product, load_catalogue
from pipeline.recommendation.errors import RecommendationError
from pipeline.recommendation.evaluation import Play, Result, ask_once, read_results, run
from pipeline.recommendation.evaluation_asking import ask_along
from pipeline.recommendation.evaluation_dialogues import Dialogue, load_dialogues
from pipeline.recommendation.evaluation_score import score
from pipeline.recommendation.recommend import make_recommender
from pipeline.stages import Recommender

if TYPE_CHECKING:
    from pipeline.recommendation.evaluation_audio import Listener


class Engine(StrEnum):
    DETERMINISTIC = "deterministic"
    MODEL = "model"  # the provider that the settings and the environment name


def evaluate(
    dialogues: Annotated[
        Path, typer.Argument(help="dialogues with what is expected of each (YAML), or a folder of WAV + YAML")
    ],
    catalogue: Annotated[Path | None, typer.Option(help="catalogue (CSV); default: the configured one")] = None,
    rules: Annotated[Path | None, typer.Option(help="rule file (YAML); default: the configured one")] = None,
    recommender: Annotated[Engine, typer.Option(help="deterministic, or the chat model in the settings")] = (
        Engine.DETERMINISTIC
    ),
    config: Annotated[Path | None, typer.Option(help="settings of every stage; default: serve_config.yaml")] = None,
    setting: Annotated[
        list[str] | None,
        typer.Option("--set", help="a setting, over the file's: --set model.name=grok-4.5. Repeat as needed"),
    ] = None,
    sandbox: Annotated[
        bool, typer.Option("--sandbox", help="emulated providers: no key, no cost, fixed words")
    ] = False,
    along: Annotated[
        bool, typer.Option("--along", help="ask as a live counter does, not once at the end; recordings always do")
    ] = False,
    results: Annotated[Path | None, typer.Option(help="write one JSON line per dialogue here")] = None,
    baseline: Annotated[Path | None, typer.Option(help="results of an earlier run to compare with")] = None,
    parallel: Annotated[int, typer.Option(min=1, max=64, help="dialogues at a time")] = 8,
    budget_s: Annotated[
        float | None, typer.Option(min=0.1, help="time that one question may take, in seconds; default: the setting")
    ] = None,
    strict: Annotated[bool, typer.Option("--strict", help="exit 1 when anything that must be zero is not")] = False,
) -> None:
    """Run dialogues or recordings through Balto's stages and print how right, safe, fast and dear the answers were."""
    changes = [f"recommendation.{name}={path}" for name, path in (("catalogue", catalogue), ("rules", rules)) if path]
    settings = read_settings(config, [*(setting or ()), *changes])
    try:
        cases = load_dialogues(dialogues)
        products = load_catalogue(settings.recommendation.catalogue).products
        before = read_results(baseline) if baseline else []
        if results is not None:
            _check_writable(results)  # before anything is paid for
        evaluation = _Evaluation(settings, recommender, along=along, budget_s=budget_s)
        found = asyncio.run(evaluation.run(cases, parallel, sandbox=sandbox))
    except RecommendationError as error:
        raise CommandError(str(error)) from error
    if results is not None:
        results.write_text("".join(json.dumps(r.line(), ensure_ascii=False) + "\n" for r in found), encoding="utf-8")
    violated = _report(cases, found, before, products)
    if sandbox:
        out.print(
            "[warn]SANDBOX[/warn]: emulated answers and latencies at list prices; they say nothing of a real model"
        )
    if strict and violated:
        raise typer.Exit(1)


def _report(
    cases: Sequence[Dialogue], found: Sequence[Result], before: Sequence[Result], products: dict[str, Product]
) -> bool:
    """Print all; whether anything that must be zero is not. With a baseline, figures are of the dialogues in both."""
    known = {result.id for result in before}
    shared = [case for case in cases if case.id in known]
    if before and not shared:
        raise CommandError("--baseline holds none of these dialogues; compare runs of the same file")
    judged = score(cases, found, products)
    if before:
        show(score(shared, found, products), score(shared, before, products), cases, found)
        show_differing(before, found, cases)
    else:
        show(judged, None, cases, found)
    show_talk(found)
    return any(judged.violations.values())


def _check_writable(path: Path) -> None:
    try:
        path.open("a", encoding="utf-8").close()
    except OSError as error:
        raise CommandError(f"--results {path} cannot be written ({error.strerror}); name another place") from None


class _Evaluation:
    """The stages as the settings name them, for one run."""

    def __init__(self, settings: ApplicationSettings, engine: Engine, *, along: bool, budget_s: float | None) -> None:
        self._settings = settings
        self._engine = engine
        self._along = along
        self._budget_s = budget_s or settings.ingress.conversation.recommendation_deadline_s

    async def run(self, cases: Sequence[Dialogue], parallel: int, *, sandbox: bool) -> list[Result]:
        """Raises CommandError, RecommendationError and client.errors.AudioSourceError."""
        async with AsyncExitStack() as stack:
            environment = await stack.enter_async_context(providers(sandbox=sandbox))
            play = await self._play(stack, environment, hears=any(case.audio for case in cases))
            with Progress(console=err, transient=True) as bar:
                task = bar.add_task("dialogues", total=len(cases))
                try:
                    return await run(cases, play, parallel=parallel, progress=lambda: bar.advance(task))
                except ExceptionGroup as group:
                    raise group.exceptions[0] from None

    async def _play(self, stack: AsyncExitStack, environment: Environment, *, hears: bool) -> Play:
        recommender = await self._recommender(stack, environment)
        listener = await self._listener(stack, environment) if hears else None
        rules, budget_s = self._settings.recommendation, self._budget_s

        def play(dialogue: Dialogue) -> Awaitable[Result]:
            if listener is not None and dialogue.audio is not None:
                from pipeline.recommendation.evaluation_audio import hear

                return hear(dialogue, listener, recommender, rules, budget_s)
            if self._along:
                return ask_along(dialogue, recommender, rules, budget_s)
            return ask_once(dialogue, recommender, budget_s)

        return play

    async def _recommender(self, stack: AsyncExitStack, environment: Environment) -> Recommender:
        if self._engine is Engine.DETERMINISTIC:
            return make_recommender(self._settings.recommendation, None)
        from pipeline.recommendation.chat import make_chat_model  # an HTTP client: loaded when needed

        model = make_chat_model(self._settings.model, environment)
        if model is None:
            raise CommandError(
                "no chat model: set XAI_API_KEY or --set model.provider=openai_compatible, or use --sandbox or "
                "--recommender deterministic"
            )
        stack.push_async_callback(model.aclose)
        return make_recommender(self._settings.recommendation, model)

    async def _listener(self, stack: AsyncExitStack, environment: Environment) -> "Listener":
        from pipeline.gate import make_host
        from pipeline.gate.streaming import StreamingGate
        from pipeline.recommendation.evaluation_audio import Listener
        from pipeline.transcription import MissingKey, make_transcriber

        products = load_catalogue(self._settings.recommendation.catalogue).products.values()
        try:
            transcriber = make_transcriber(self._settings.transcription, environment, [p.name for p in products])
        except MissingKey as error:
            raise CommandError(f"{error}; or try it with --sandbox") from None
        stack.push_async_callback(transcriber.aclose)
        deadline_s = self._settings.ingress.conversation.utterance_deadline_s
        return Listener(_pcm, lambda: StreamingGate(make_host(self._settings.gate)), transcriber, deadline_s)


def _pcm(path: Path) -> bytes:
    return WavAudio.read(path).pcm
