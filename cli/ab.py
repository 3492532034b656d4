"""`balto ab`: batch against realtime transcription on the same audio."""

import asyncio
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.table import Table

from cli.eval_settings import providers, read_settings
from cli.output import CommandError, out
from client.wav import WavAudio
from configs.application import ApplicationSettings
from configs.environment import Environment

if TYPE_CHECKING:
    from pipeline.conversation.comparison import Answer, Pair


def ab(
    wav: Annotated[
        Path | None, typer.Argument(help="16 kHz mono 16-bit WAV; default: the first sandbox dialogue")
    ] = None,
    sandbox: Annotated[bool, typer.Option("--sandbox", help="Use the emulators; no key, no cost.")] = False,
    speed: Annotated[float, typer.Option(min=0.5, max=20, help="Times real time. 1 is what a counter sees.")] = 1.0,
    budget_s: Annotated[float, typer.Option(min=1, max=60, help="Longest wait for one utterance, seconds.")] = 12.0,
    config: Annotated[Path | None, typer.Option(help="Default: serve_config.yaml, as `balto run` finds it.")] = None,
    changes: Annotated[
        list[str] | None, typer.Option("--set", help="A setting for this comparison: section.name=value.")
    ] = None,
) -> None:
    """Transcribe a recording both ways and compare latency, text and cost, utterance by utterance."""
    from sandbox.recordings import DIALOGUES, FIRST_DIALOGUE

    if not sandbox and Environment().elevenlabs_api_key is None:
        raise CommandError("set ELEVENLABS_API_KEY to compare the real services, or try: balto ab --sandbox")
    settings = read_settings(config, changes or ())
    pcm = WavAudio.read(wav or DIALOGUES / f"{FIRST_DIALOGUE}.wav").pcm
    pairs, dropped_usd = asyncio.run(_compare(pcm, settings, sandbox=sandbox, speed=speed, budget_s=budget_s))
    if not pairs:
        raise CommandError("the gate heard no speech in this recording: nothing to compare")
    out.print(_utterances(pairs))
    out.print(_summary(pairs, dropped_usd))
    if sandbox:
        out.print("[warn]SANDBOX[/warn]: emulated latencies and list prices; only the difference in form is real.")
    for way, answers in _ways(pairs):
        if all(answer.failure for answer in answers):
            raise CommandError(f"{way} answered nothing ({answers[0].failure}): docs/providers.md says what that means")


async def _compare(
    pcm: bytes, settings: ApplicationSettings, *, sandbox: bool, speed: float, budget_s: float
) -> "tuple[Sequence[Pair], float]":
    """Each utterance both ways, and what realtime was sent for nothing, in USD."""
    from pipeline.conversation.comparison import Comparison
    from pipeline.gate import make_host
    from pipeline.recommendation.catalogue import load_catalogue
    from pipeline.transcription import MissingKey, make_live_transcriber, make_transcriber

    names = [product.name for product in load_catalogue(settings.recommendation.catalogue).products.values()]
    async with providers(sandbox=sandbox) as environment:
        try:
            batch = make_transcriber(settings.transcription, environment, names)
        except MissingKey as missing:
            raise CommandError(str(missing)) from None
        live = make_live_transcriber(settings.transcription, environment, names)
        try:
            gate = make_host(settings.gate)
            talk = settings.ingress.conversation
            comparison = Comparison(pcm, gate, batch, live, talk, speed=speed, budget_s=budget_s)
            return await comparison.run(), comparison.dropped_usd
        finally:
            await live.aclose()
            await batch.aclose()


def _utterances(pairs: "Sequence[Pair]") -> Table:
    table = Table(title="Utterances", show_lines=True)
    for name, justify in (("at", "right"), ("batch", "left"), ("realtime", "left"), ("words apart", "right")):
        table.add_column(name, justify=justify)  # type: ignore[arg-type]
    for pair in pairs:
        at = f"{pair.start_s:.1f}–{pair.end_s:.1f} s"
        table.add_row(at, _cell(pair.batch), _cell(pair.realtime), _count(pair.differing_words))
    return table


def _cell(answer: "Answer") -> str:
    said = f"[bad]{answer.failure}[/bad]" if answer.failure else answer.text or "[quiet](nothing)[/quiet]"
    return f"{said}\n[quiet]{answer.latency_s * 1000:.0f} ms, US$ {answer.cost_usd:.6f}[/quiet]"


def _count(words: int | None) -> str:
    return "–" if words is None else str(words)


def _ways(pairs: "Sequence[Pair]") -> "list[tuple[str, list[Answer]]]":
    return [("batch", [pair.batch for pair in pairs]), ("realtime", [pair.realtime for pair in pairs])]


def _summary(pairs: "Sequence[Pair]", dropped_usd: float) -> Table:
    """Latencies of what was answered; realtime's cost holds what was streamed for nothing."""
    table = Table(title="Close of the utterance → text")
    for name in ("", "median", "slowest", "cost", "failed"):
        table.add_column(name, justify="left" if not name else "right")
    for way, answers in _ways(pairs):
        latencies = sorted(answer.latency_s * 1000 for answer in answers if answer.failure is None)
        usd = sum(answer.cost_usd for answer in answers) + (dropped_usd if way == "realtime" else 0.0)
        table.add_row(
            way,
            f"{latencies[len(latencies) // 2]:.0f} ms" if latencies else "–",
            f"{latencies[-1]:.0f} ms" if latencies else "–",
            f"US$ {usd:.6f}",
            str(sum(answer.failure is not None for answer in answers)),
        )
    return table
