"""The emulators as a process of their own, so that their work is not the graph's."""

import json
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager

STOP_TIMEOUT_S = 5.0


@contextmanager
def emulated_providers(*, speech_ms: float, chat_ms: float) -> Iterator[dict[str, str]]:
    """The environment that points a graph at them."""
    command = [sys.executable, "-m", "sandbox", "--port", "0"]
    text_ms = str(speech_ms)
    timing = ["--speech-ms", text_ms, "--commit-ms", text_ms, "--chat-ms", str(chat_ms)]
    with subprocess.Popen([*command, *timing], stdout=subprocess.PIPE, text=True) as process:
        try:
            if process.stdout is None:
                raise RuntimeError("the emulators have no output")
            url = json.loads(process.stdout.readline())["url"]
            yield {
                "ELEVENLABS_BASE_URL": url,
                "XAI_BASE_URL": url,
                "ELEVENLABS_API_KEY": "sandbox",
                "XAI_API_KEY": "sandbox",
            }
        finally:
            process.terminate()
            try:
                process.wait(STOP_TIMEOUT_S)
            except subprocess.TimeoutExpired:  # somebody still holds a connection to it
                process.kill()
