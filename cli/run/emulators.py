"""The sandbox's provider emulators, as a child process that ends with its parent."""

import ctypes
import json
import queue
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import IO

from cli.output import CommandError

START_TIMEOUT_S = 30.0
STOP_TIMEOUT_S = 5.0
PR_SET_PDEATHSIG = 1
HERE = "127.0.0.1,localhost,::1"


class Emulators:
    """ElevenLabs and xAI on one loopback port."""

    def __init__(self, process: subprocess.Popen[str], port: int) -> None:
        self._process = process
        self.port = port

    @property
    def running(self) -> bool:
        return self._process.poll() is None

    def environment(self) -> dict[str, str]:
        """What points the graph at them; the keys only have to be there."""
        url = f"http://127.0.0.1:{self.port}"
        return {
            "ELEVENLABS_BASE_URL": url,
            "XAI_BASE_URL": url,
            "ELEVENLABS_API_KEY": "sandbox",
            "XAI_API_KEY": "sandbox",
            "NO_PROXY": HERE,  # a company's proxy is outside
            "no_proxy": HERE,
        }


@contextmanager
def emulators() -> Iterator[Emulators]:
    """Started on a free port, stopped at the end. Raises CommandError when they do not start."""
    process = subprocess.Popen(
        [sys.executable, "-m", "sandbox", "--port", "0"],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        text=True,
        start_new_session=True,  # Ctrl-C is ours to handle: the graph drains before its providers go
        preexec_fn=_end_with_parent if sys.platform == "linux" else None,
    )
    try:
        yield Emulators(process, _port(process))
    finally:
        process.terminate()
        try:
            process.wait(STOP_TIMEOUT_S)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
        if process.stdout is not None:
            process.stdout.close()


def _port(process: subprocess.Popen[str]) -> int:
    lines: queue.Queue[str] = queue.Queue()
    if process.stdout is None:
        raise CommandError("the sandbox's emulators have no output")
    threading.Thread(target=_copy, args=(process.stdout, lines), name="emulators", daemon=True).start()
    try:
        line = lines.get(timeout=START_TIMEOUT_S)
        return int(json.loads(line)["port"])
    except (queue.Empty, ValueError, KeyError, TypeError):
        raise CommandError("the sandbox's emulators did not start; see why with: python -m sandbox --port 0") from None


def _copy(stream: IO[str], lines: "queue.Queue[str]") -> None:
    """The first line to `lines`; the rest is read so that the child never waits for us."""
    first = True
    for line in stream:
        if first:
            lines.put(line)
            first = False
    if first:
        lines.put("")


def _end_with_parent() -> None:
    ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGTERM)
