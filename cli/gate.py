"""`balto gate`: what the gate does with a recording, in a picture and in money."""

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer
from rich.table import Table

from cli.output import CommandError, out
from client.wav import WavAudio

if TYPE_CHECKING:
    from configs.gate import GateSettings
    from pipeline.gate.trace import Trace

PRICES = Path(__file__).parents[1] / "configs" / "prices.yaml"
DEFAULT_PRICE = "elevenlabs/scribe_v2"


@dataclass(frozen=True, slots=True)
class _Paid:
    received_s: float
    forwarded_s: float
    discarded_s: float
    utterances: int

    def plus(self, trace: "Trace") -> "_Paid":
        return _Paid(
            self.received_s + trace.received_s,
            self.forwarded_s + trace.forwarded_s,
            self.discarded_s + trace.discarded_s,
            self.utterances + len(trace.spans),
        )


def gate(
    paths: Annotated[
        list[Path], typer.Argument(metavar="FILE.wav…", help="16 kHz 16-bit mono WAV files, or folders of them.")
    ],
    setting: Annotated[
        list[str] | None,
        typer.Option("--set", help="A gate setting, as in serve_config.yaml: --set energy_threshold=600. Repeatable."),
    ] = None,
    compare: Annotated[
        bool, typer.Option("--compare", help="Try each --set on its own over all files, instead of all together.")
    ] = False,
    to: Annotated[Path | None, typer.Option(help="Where to draw; default: beside each file, as FILE.gate.png.")] = None,
    price: Annotated[str, typer.Option(help="Whose price: a name under `speech` in prices.yaml.")] = DEFAULT_PRICE,
) -> None:
    """Draw what the gate did (waveform, level, floor, voice, what is forwarded) and say what it saves."""
    files = _files(paths)
    usd_per_hour = _usd_per_hour(price)
    wanted = [_pair(text) for text in setting or []]
    if compare:
        variants = {"defaults": {}, **{f"{key}={value}": {key: value} for key, value in wanted}}
        _print([(name, _total(files, values)) for name, values in variants.items()], usd_per_hour, price)
        return
    if to is not None and len(files) > 1:
        raise CommandError(f"--to names one picture, but there are {len(files)} files; leave it out to draw each")
    _draw_each(files, _settings(dict(wanted)), to, usd_per_hour, price)


def _draw_each(files: list[Path], settings: "GateSettings", to: Path | None, usd_per_hour: float, price: str) -> None:
    from cli.gate_picture import draw  # matplotlib takes a second to load
    from pipeline.gate.trace import trace

    rows: list[tuple[str, _Paid]] = []
    for file in files:
        audio = WavAudio.read(file)
        found = trace(audio.pcm, settings)
        picture = to or file.with_suffix(".gate.png")
        try:
            draw(audio.pcm, found, f"{file.name} ({settings.engine})", picture)
        except (OSError, ValueError) as error:
            raise CommandError(f"{picture} cannot be written ({error}); name another place with --to") from None
        out.print(f"[good]{picture}[/good]", soft_wrap=True)
        rows.append((file.name, _Paid(0, 0, 0, 0).plus(found)))
    _print(rows, usd_per_hour, price)


def _total(files: list[Path], values: dict[str, str]) -> _Paid:
    from pipeline.gate.trace import trace

    settings, total = _settings(values), _Paid(0, 0, 0, 0)
    for file in files:
        total = total.plus(trace(WavAudio.read(file).pcm, settings))
    return total


def _print(rows: list[tuple[str, _Paid]], usd_per_hour: float, price: str) -> None:
    table = Table(caption=f"seconds, and USD at {usd_per_hour:.2f} an hour ({price})")
    table.add_column("", overflow="fold")
    for heading in ("spans", "received", "forwarded", "discarded", "share", "paid", "saved"):
        table.add_column(heading, justify="right", no_wrap=True)
    for name, paid in rows:
        share = paid.forwarded_s / paid.received_s if paid.received_s else 0.0
        seconds = (f"{s:.1f}" for s in (paid.received_s, paid.forwarded_s, paid.discarded_s))
        usd = (f"{s / 3600 * usd_per_hour:.4f}" for s in (paid.forwarded_s, paid.discarded_s))
        table.add_row(name, str(paid.utterances), *seconds, f"{share:.0%}", *usd)
    out.print(table)


def _files(paths: list[Path]) -> list[Path]:
    found = [f for path in paths for f in (sorted(path.glob("*.wav")) if path.is_dir() else [path])]
    if not found:
        raise CommandError(f"there is no .wav file in {', '.join(map(str, paths))}")
    return found


def _pair(text: str) -> tuple[str, str]:
    key, sep, value = text.partition("=")
    if not sep:
        raise CommandError(f"--set {text}: write it as name=value, for example energy_threshold=600")
    return key, value


def _settings(values: dict[str, Any]) -> "GateSettings":
    from pydantic import ValidationError

    from configs.gate import GateSettings

    try:
        return GateSettings(**values)
    except ValidationError as error:
        first = error.errors()[0]
        known = ", ".join(GateSettings.model_fields)
        where = ".".join(map(str, first["loc"]))
        raise CommandError(f"--set {where}: {first['msg']}; the gate's settings are {known}") from None


def _usd_per_hour(price: str) -> float:
    from pipeline.providers.prices import load_prices

    speech = load_prices(PRICES).speech
    if price not in speech:
        raise CommandError(f"--price {price} is not in {PRICES.name}; it has {', '.join(speech)}")
    return speech[price].usd_per_hour
