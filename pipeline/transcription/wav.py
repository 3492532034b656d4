"""A WAV header in front of counter audio, for providers that take files only."""

import io
import wave

from pipeline.audio import SAMPLE_BYTES, SAMPLE_RATE_HZ


def wav_file(pcm: bytes) -> bytes:
    target = io.BytesIO()
    with wave.open(target, "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(SAMPLE_BYTES)
        file.setframerate(SAMPLE_RATE_HZ)
        file.writeframes(pcm)
    return target.getvalue()
