"""`balto ab`: batch against realtime transcription on the same audio."""

import asyncio
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.table import Table

from cli.output import CommandError, out
from client.wav import WavAudio
from configs.environment import Environment
from configs.gate import GateSettings
from configs.transcription import TranscriptionSettings

if TYPE_CHECKING:
    from pipeline.transcription.compare import Answer, Pair


def ab(
    wav: Annotated[
        Path | None, typer.Argument(help="16 kHz mono 16-bit WAV; default: the first sandbox dialogue")
    ] = None,
    sandbox: Annotated[bool, typer.Option("--sandbox", help="Use the emulators; no key, no cost.")] = False,
    speed: Annotated[float, typer.Option(min=0.5, max=20, help="Times real time. 1 is what a counter sees.")] = 1.0,
    budget_s: Annotated[float, typer.Option(min=1, max=60, help="Longest wait for one utterance, seconds.")] = 12.0,
) -> None:
    """Transcribe a recording both ways and compare latency, text and cost, utterance by utterance."""
    from sandbox.recordings import DIALOGUES, FIRST_DIALOGUE

    environment = Environment()
    if not sandbox and environment.elevenlabs_api_key is None:
        raise CommandError("set ELEVENLABS_API_KEY to compare the real services, or try: balto ab --sandbox")
    pcm = WavAudio.read(wav or DIALOGUES / f"{FIRST_DIALOGUE}.wav").pcm
    pairs = asyncio.run(_compare(pcm, environment, sandbox=sandbox, speed=speed, budget_s=budget_s))
    if not pairs:
        raise CommandError("the gate heard no speech in this recording: nothing to compare")
    out.print(_utterances(pairs))
    out.print(_summary(pairs))
    if sandbox:
        out.print("[warn]SANDBOX[/warn]: emulated latencies and list prices; only the difference in form is real.")


async def _compare(
    pcm: bytes, environment: Environment, *, sandbox: bool, speed: float, budget_s: float
) -> "Sequence[Pair]":
    if not sandbox:
        return await _both_ways(pcm, environment, speed, budget_s)
    from sandbox.server import SandboxServer

    async with SandboxServer() as server:
        emulated = Environment.model_validate({"ELEVENLABS_API_KEY": "sandbox", "ELEVENLABS_BASE_URL": server.url})
        return await _both_ways(pcm, emulated, speed, budget_s)


async def _both_ways(pcm: bytes, environment: Environment, speed: float, budget_s: float) -> "Sequence[Pair]":
    from pipeline.gate import make_host
    from pipeline.transcription import make_live_transcriber, make_transcriber
    from pipeline.transcription.compare import Comparison

    settings = TranscriptionSettings()
    batch = make_transcriber(settings, environment)
    live = make_live_transcriber(settings, environment)
    try:
        gate = make_host(GateSettings(), environment.vad_energy_threshold)
        session = live.open("ab", balcao_id="ab")
        return await Comparison(pcm, gate, batch, session, speed=speed, budget_s=budget_s).run()
    finally:
        await live.aclose()
        await batch.aclose()


def _utterances(pairs: "Sequence[Pair]") -> Table:
    table = Table(title="Utterances", show_lines=True)
    for name, justify in (("at", "right"), ("batch", "left"), ("realtime", "left"), ("words apart", "right")):
        table.add_column(name, justify=justify)  # type: ignore[arg-type]
    for pair in pairs:
        at = f"{pair.start_s:.1f}–{pair.end_s:.1f} s"
        table.add_row(at, _cell(pair.batch), _cell(pair.realtime), str(pair.differing_words))
    return table


def _cell(answer: "Answer") -> str:
    said = f"[bad]{answer.failure}[/bad]" if answer.failure else answer.text or "[quiet](nothing)[/quiet]"
    return f"{said}\n[quiet]{answer.latency_s * 1000:.0f} ms, US$ {answer.cost_usd:.6f}[/quiet]"


def _summary(pairs: "Sequence[Pair]") -> Table:
    table = Table(title="Close of the utterance → text")
    for name in ("", "median", "slowest", "cost", "failed"):
        table.add_column(name, justify="left" if not name else "right")
    for name, answers in (("batch", [p.batch for p in pairs]), ("realtime", [p.realtime for p in pairs])):
        latencies = sorted(answer.latency_s * 1000 for answer in answers)
        table.add_row(
            name,
            f"{latencies[len(latencies) // 2]:.0f} ms",
            f"{latencies[-1]:.0f} ms",
            f"US$ {sum(answer.cost_usd for answer in answers):.6f}",
            str(sum(answer.failure is not None for answer in answers)),
        )
    return table
