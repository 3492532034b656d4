"""Audio from a microphone, through the recorder that the system already has: no sound library to build."""

import asyncio
import shutil
from collections.abc import AsyncIterator
from contextlib import suppress

from client.errors import AudioSourceError

CHUNK_BYTES = 3_200  # 100 ms

# Program -> arguments for raw 16 kHz 16-bit mono on standard output, and how it is told the device.
RECORDERS: dict[str, tuple[list[str], str]] = {
    "arecord": (["-q", "-t", "raw", "-f", "S16_LE", "-r", "16000", "-c", "1"], "--device={}"),
    "parec": (["--raw", "--format=s16le", "--rate=16000", "--channels=1", "--latency-msec=50"], "--device={}"),
    "pw-record": (["--format=s16", "--rate=16000", "--channels=1", "--target={}", "-"], ""),
}


def recorder_command(device: str | None = None) -> list[str]:
    """The first recorder that is installed. Raises AudioSourceError when there is none."""
    for program, (arguments, device_option) in RECORDERS.items():
        if shutil.which(program) is None:
            continue
        if program == "pw-record":
            return [program, *(argument.format(device or "auto") for argument in arguments)]
        return [program, *arguments, *([device_option.format(device)] if device else [])]
    raise AudioSourceError(f"no recorder found ({', '.join(RECORDERS)}); on Debian or Ubuntu: apt install alsa-utils")


async def microphone(device: str | None = None) -> AsyncIterator[bytes]:
    """Chunks of 100 ms until the consumer stops. Raises AudioSourceError when the device cannot be recorded."""
    command = recorder_command(device)
    recorder = await asyncio.create_subprocess_exec(
        *command, stdin=asyncio.subprocess.DEVNULL, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.PIPE
    )
    if recorder.stdout is None or recorder.stderr is None:
        raise AudioSourceError(f"{command[0]} has no output to read")
    complaint = asyncio.create_task(recorder.stderr.read(2_000), name="recorder errors")
    try:
        while chunk := await recorder.stdout.read(CHUNK_BYTES):
            yield chunk
        said = (await complaint).decode("utf-8", "replace").strip().splitlines()
        raise AudioSourceError(f"{command[0]} stopped: {said[-1] if said else 'no reason given'}")
    finally:
        complaint.cancel()
        with suppress(ProcessLookupError):
            recorder.terminate()
        await recorder.wait()
