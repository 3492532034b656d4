"""The shipped dialogues as samples, and as a worse microphone or a louder shop would have them."""

import wave
from pathlib import Path

import numpy as np

from tests.unit.gate.sounds import RATE, hiss

DIALOGUES = sorted((Path(__file__).parents[3] / "sandbox" / "dialogues").glob("*.wav"))


def noisy(x, snr_db):
    loud = np.abs(x) > 200
    return x + hiss(len(x) / RATE, np.sqrt(np.mean(x[loud] ** 2)) / 10 ** (snr_db / 20))


def samples(path):
    with wave.open(str(path)) as recording:
        return np.frombuffer(recording.readframes(recording.getnframes()), "<i2").astype(np.float64)
