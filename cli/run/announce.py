"""What a run says on the terminal."""

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from rich.markup import escape
from rich.panel import Panel

from cli.output import out
from cli.run.providers import destinations
from configs.application import ApplicationSettings
from configs.environment import Profile

if TYPE_CHECKING:
    from client.messages import Recommendation

SANDBOX_TEXT = """[warn]S A N D B O X[/warn]  ·  nothing here is real: ElevenLabs and xAI are emulated on this machine.
It recognises the dialogues that ship with Balto and answers nothing to other speech.
To go live put ELEVENLABS_API_KEY and XAI_API_KEY in .env and start again."""


def banner(profile: Profile, graphs: Sequence[ApplicationSettings]) -> None:
    if profile is Profile.SANDBOX:
        out.print(Panel(SANDBOX_TEXT, border_style="yellow"))
        return
    for settings in graphs:
        speech, conversations = destinations(settings)
        readers = " and ".join(conversations) or "no model"
        out.print(f"Balto, live: speech goes to {escape(' and '.join(speech))}, conversations to {escape(readers)}.")


def few_files(connections: int) -> None:
    out.print(f"[warn]at most {connections} counters:[/warn] this process may open few files; raise it with ulimit -n")


def ready(url: str, took_s: float) -> None:
    out.print(f"[good]ready[/good] in {took_s:.1f} s at [value]{url}[/value]")


def playing(name: str, duration_s: float) -> None:
    out.print(f"\nplaying the recorded dialogue [value]{name}[/value] ({duration_s:.0f} s) as a counter would …")


def card(found: "Recommendation") -> None:
    text = (
        f"[value]{escape(found.produto)}[/value]\n{escape(found.explicacao)}\n"
        f"[quiet]ouvido: “{escape(found.transcricao_base)}”[/quiet]"
    )
    out.print(Panel(text, title="recomendação", title_align="left", border_style="green", expand=False))


def timing(label: str, ms: float) -> None:
    out.print(f"  {label:<42} {ms:8.0f} ms")


def no_card() -> None:
    out.print("[bad]no recommendation came back[/bad]; the log above says why")


def counter_made(url: str, api_key: str) -> None:
    socket = url.replace("http", "ws", 1) + "/ws"
    out.print(f"\nyour counter key: [value]{api_key}[/value]\n\nin another terminal, try:")
    for command in (
        f"balto counter --wav sandbox/dialogues/dor_de_garganta.wav --server {socket} --key {api_key}",
        f"balto counter --mic --server {socket} --key {api_key}",
        'balto query "SELECT * FROM analise.interacoes"',
        "balto --help",
    ):
        out.print(f"  [quiet]$[/quiet] {command}", soft_wrap=True)


def how_to_stop() -> None:
    out.print("\nserving; Ctrl-C stops")


def edit_applied(path: Path) -> None:
    out.print(f"[good]applied[/good] the change of {escape(str(path))}: replicas come and go, counters stay connected")


def edit_refused(reason: str) -> None:
    out.print(f"[bad]the change is not applied:[/bad] {escape(reason)}", soft_wrap=True)


def next_start(part: str) -> None:
    out.print(f"[warn]{part}[/warn] take effect at the next start")


def stopping() -> None:
    out.print("\nstopping: open utterances are answered and recorded first; Ctrl-C again stops at once …")
