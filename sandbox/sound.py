"""Uploaded audio → int16 samples at 16 kHz."""

import io
import wave

import numpy as np

RATE_HZ = 16_000


class UnreadableAudio(ValueError):
    """Neither raw PCM of whole samples nor a 16 kHz mono 16-bit WAV."""


def samples_of(data: bytes, *, raw: bool) -> np.ndarray:
    if raw:
        return np.frombuffer(data[: len(data) // 2 * 2], dtype="<i2")
    try:
        with wave.open(io.BytesIO(data), "rb") as file:
            if (file.getnchannels(), file.getsampwidth(), file.getframerate()) != (1, 2, RATE_HZ):
                raise UnreadableAudio("the sandbox takes WAV at 16 kHz, mono, 16 bits only")
            return np.frombuffer(file.readframes(file.getnframes()), dtype="<i2")
    except (wave.Error, EOFError) as error:
        raise UnreadableAudio("not a WAV file") from error
