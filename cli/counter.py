"""`balto counter`: be a counter, with a WAV file or a microphone."""

import asyncio
import os
from pathlib import Path
from typing import Annotated

import typer

from cli.output import CommandError

DEFAULT_SERVER = f"ws://127.0.0.1:{os.environ.get('PORT', '8765')}/ws"


def counter(
    key: Annotated[str, typer.Option(envvar="BALTO_COUNTER_KEY", show_envvar=True, help="the counter's key")],
    wav: Annotated[Path | None, typer.Option(help="a WAV file: 16 kHz, 16 bits, mono")] = None,
    mic: Annotated[bool, typer.Option("--mic", help="the microphone, until Ctrl-C")] = False,
    device: Annotated[str | None, typer.Option(help="which microphone, as arecord -L names it")] = None,
    server: Annotated[str, typer.Option(help="the server's address")] = DEFAULT_SERVER,
    wait_s: Annotated[float, typer.Option(min=0, max=120, help="how long to listen after the file's end")] = 6.0,
    feedback: Annotated[
        str | None, typer.Option(help="what to answer to every recommendation, e.g. venda_realizada")
    ] = None,
) -> None:
    """Stream to a server in real time, as a counter does, and show what it recommends."""
    from cli.counter_view import CounterView
    from client.microphone import microphone
    from client.registration import socket_url
    from client.wav import WavAudio, paced

    if (wav is None) is not mic:
        raise CommandError("say what to stream: either --wav FILE or --mic")
    if wav is not None:
        audio = WavAudio.read(wav)
        view = CounterView(f"{wav.name}, {audio.duration_s:.1f} s", audio.duration_s)
        chunks = paced(audio.chunks(tail_s=wait_s))
    else:
        view = CounterView(f"microphone {device or ''}".strip(), None)
        chunks = microphone(device)
    try:
        asyncio.run(view.show(socket_url(server), key, chunks, feedback))
    except KeyboardInterrupt:
        view.note("stopped")
    if wav is not None and not view.cards:
        view.note("nothing was recommended")
