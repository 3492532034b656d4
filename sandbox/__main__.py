"""`python -m sandbox --port N`: the emulators on 127.0.0.1, until interrupted. Port 0 picks a free one."""

import argparse
import sys

from sandbox.behaviour import Timing
from sandbox.server import serve


def main() -> None:
    usual = Timing()
    parser = argparse.ArgumentParser(
        prog="python -m sandbox", description="Emulators of ElevenLabs and xAI on loopback."
    )
    parser.add_argument("--port", type=int, default=0, help="0 picks a free port (default)")
    parser.add_argument("--speech-ms", type=float, default=usual.speech_s * 1000, help="batch transcription latency")
    parser.add_argument("--commit-ms", type=float, default=usual.commit_s * 1000, help="realtime commit to text")
    parser.add_argument("--chat-ms", type=float, default=usual.chat_s * 1000, help="chat completion latency")
    parser.add_argument("--elevenlabs-concurrency", type=int, default=usual.elevenlabs_concurrency)
    given = parser.parse_args()
    timing = Timing(
        speech_s=given.speech_ms / 1000,
        commit_s=given.commit_ms / 1000,
        chat_s=given.chat_ms / 1000,
        elevenlabs_concurrency=given.elevenlabs_concurrency,
    )
    try:
        serve(given.port, timing)
    except OSError as error:
        sys.exit(f"sandbox: cannot listen on port {given.port}: {error.strerror}; choose another with --port")


if __name__ == "__main__":
    main()
