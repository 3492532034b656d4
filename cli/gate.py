"""`balto gate`: what the gate does with a recording, in a picture and in money."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich import box
from rich.markup import escape
from rich.table import Table

from cli.output import CommandError, out, show_error
from client.errors import AudioSourceError
from client.wav import WavAudio

if TYPE_CHECKING:
    from cli.gate_price import Account, Tariff
    from configs.gate import GateSettings

USUAL_CHANGES = ("energy_threshold=150", "energy_threshold=600", "engine=silero", "engine=webrtc")
NUMBERS = ("spans", "received", "forwarded", "discarded", "share", "paid", "saved")


@dataclass(slots=True)
class _Recordings:
    """One at a time, for an hour is a hundred megabytes; one that cannot be read is told and passed over."""

    files: list[Path]
    unread: int = 0

    def __iter__(self) -> Iterator[tuple[Path, bytes]]:
        for file in self.files:
            try:
                pcm = WavAudio.read(file).pcm
            except AudioSourceError as error:
                show_error(str(error))
                self.unread += 1
            else:
                yield file, pcm


def gate(
    paths: Annotated[
        list[Path], typer.Argument(metavar="FILE.wav…", help="16 kHz 16-bit mono WAV files, or folders of them.")
    ],
    setting: Annotated[
        list[str] | None,
        typer.Option(
            "--set",
            help="A gate setting over the service's: --set energy_threshold=600. Repeatable; what belongs together "
            "with commas: --set engine=webrtc,energy_threshold=600.",
        ),
    ] = None,
    compare: Annotated[
        bool,
        typer.Option(
            "--compare",
            help="Try each --set on its own over all files and draw nothing; without any --set, some usual ones.",
        ),
    ] = False,
    to: Annotated[
        Path | None,
        typer.Option(help="A picture, or a folder for them; default: beside each file, as FILE.gate.png."),
    ] = None,
    price: Annotated[
        str | None,
        typer.Option(help="Whose price: a name under `speech` in prices.yaml; default: the provider asked first."),
    ] = None,
    config: Annotated[Path | None, typer.Option(help="Default: serve_config.yaml, as `balto run` finds it.")] = None,
) -> None:
    """Draw what the gate did (waveform, level, floor, voice, what is forwarded) and say what it saves."""
    from cli.eval_settings import read_settings
    from cli.gate_price import Tariff
    from cli.gate_settings import changed, read_changes

    recordings = _Recordings(_files(paths))
    service = read_settings(config, [])
    tariff = Tariff.of(service.transcription, price)
    if compare:
        if to is not None:
            raise CommandError("--compare draws nothing: leave out --to, or draw one setting with --set alone")
        changes = {text: read_changes(text) for text in setting or USUAL_CHANGES}
        variants = {"as set": service.gate, **{text: changed(service.gate, wanted) for text, wanted in changes.items()}}
        rows = _compared(recordings, variants, tariff)
    else:
        together = {name: value for text in setting or () for name, value in read_changes(text).items()}
        rows = _drawn(recordings, changed(service.gate, together), to, tariff)
    if len(recordings.files) > recordings.unread:
        _print(rows, tariff)
    if recordings.unread:
        raise typer.Exit(1)


def _drawn(
    recordings: _Recordings, settings: "GateSettings", to: Path | None, tariff: "Tariff"
) -> list[tuple[str, "Account"]]:
    from cli.gate_picture import draw  # matplotlib takes a second to load
    from cli.gate_price import Account
    from pipeline.gate.trace import trace

    if to is not None and not to.is_dir() and len(recordings.files) > 1:
        raise CommandError(f"--to {to} is one picture, but there are {len(recordings.files)} files; name a folder")
    rows, total = [], Account()
    for file, pcm in recordings:
        found = trace(pcm, settings)
        picture = _picture(file, to)
        try:
            draw(pcm, found, f"{file.name} ({settings.engine})", picture)
        except (OSError, ValueError) as error:
            why = getattr(error, "strerror", None) or error
            raise CommandError(f"{picture} cannot be written ({why}); name another place with --to") from None
        out.print(f"[good]{escape(str(picture))}[/good]", soft_wrap=True)
        rows.append((file.name, Account().plus(found, tariff)))
        total = total.plus(found, tariff)
    return [*rows, ("all", total)] if len(rows) > 1 else rows


def _compared(
    recordings: Iterable[tuple[Path, bytes]], variants: "dict[str, GateSettings]", tariff: "Tariff"
) -> list[tuple[str, "Account"]]:
    from cli.gate_price import Account
    from pipeline.gate.trace import trace

    totals = dict.fromkeys(variants, Account())
    for _, pcm in recordings:
        for name, settings in variants.items():
            totals[name] = totals[name].plus(trace(pcm, settings), tariff)
    return list(totals.items())


def _print(rows: "Sequence[tuple[str, Account]]", tariff: "Tariff") -> None:
    """Narrow: names are long, and a terminal in a shop has 80 columns."""
    table = Table(box=box.SIMPLE_HEAD, padding=0, pad_edge=False)
    table.add_column("", overflow="fold")
    for heading in NUMBERS:
        table.add_column(heading, justify="right", no_wrap=True)
    for name, account in rows:
        seconds = (f"{s:.1f}" for s in (account.received_s, account.forwarded_s, account.discarded_s))
        usd = (f"{usd:.4f}" for usd in (account.paid_usd, account.saved_usd))
        table.add_row(escape(name), str(account.utterances), *seconds, f"{account.share:.0%}", *usd)
    out.print(table)
    out.print(f"seconds, and USD at {tariff}", soft_wrap=True)


def _files(paths: list[Path]) -> list[Path]:
    found = [file for path in paths for file in (_recordings_in(path) if path.is_dir() else [path])]
    if not found:
        raise CommandError(f"there is no .wav file in {', '.join(map(str, paths))}")
    return found


def _recordings_in(folder: Path) -> list[Path]:
    return sorted(file for file in folder.iterdir() if file.suffix.lower() == ".wav" and file.is_file())


def _picture(recording: Path, to: Path | None) -> Path:
    if to is None or to.is_dir():
        return (to or recording.parent) / f"{recording.stem}.gate.png"
    return to if to.suffix else to.with_suffix(".png")
