"""Sounds to try a gate on, made here: no recordings. What they stand for is in their names."""

import numpy as np
from numpy.typing import NDArray

RATE = 16_000
Audio = NDArray[np.float64]


def pcm(x: Audio) -> bytes:
    return np.clip(np.rint(x), -32768, 32767).astype("<i2").tobytes()


def hiss(seconds: float, rms: float, seed: int = 1) -> Audio:
    return np.random.default_rng(seed).standard_normal(int(seconds * RATE)) * rms


FORMANTS_HZ = ((750, 1200, 2500), (350, 2100, 2800), (550, 900, 2400), (450, 1700, 2500))  # a, i, o, e


def syllable(seconds: float, pitch_hz: float, formants_hz: tuple[int, ...]) -> Audio:
    t = np.arange(int(seconds * RATE)) / RATE
    harmonics = [k * pitch_hz for k in range(1, int(4000 / pitch_hz))]
    gains = [sum(1 / (1 + ((hz - f) / 100) ** 2) for f in formants_hz) / hz**0.3 for hz in harmonics]
    glide = t + 0.02 * np.sin(2 * np.pi * 2 * t)
    voiced: Audio = sum((g * np.sin(2 * np.pi * hz * glide) for g, hz in zip(gains, harmonics, strict=True)), 0 * t)
    return voiced * np.sin(np.pi * np.linspace(0, 1, len(t))) ** 0.5


def babbling(seconds: float, rms: float, seed: int = 3) -> Audio:
    """Syllables of changing vowel, pitch and length with short closures between them: voice to any detector."""
    rng, parts, n = np.random.default_rng(seed), [np.zeros(0)], int(seconds * RATE)
    while sum(map(len, parts)) < n:
        vowel = FORMANTS_HZ[rng.integers(len(FORMANTS_HZ))]
        parts += [syllable(rng.uniform(0.12, 0.28), rng.uniform(100, 150), vowel), np.zeros(int(rng.uniform(300, 900)))]
    x = np.concatenate(parts)[:n]
    loud: Audio = x / np.sqrt(np.mean(x * x)) * rms
    return loud


def beeps(seconds: float, rms: float) -> Audio:
    """A scanner: a square 3 kHz tone of 120 ms every second."""
    t = np.arange(int(seconds * RATE)) / RATE
    return np.where(t % 1.0 < 0.12, np.sign(np.sin(2 * np.pi * 3000 * t)), 0.0) * rms


def conversation(floor_rms: float = 15.0, voice_rms: float = 1500.0) -> Audio:
    """24 s: two utterances, at 5..8 s and 13..15 s, over a quiet room."""
    x = hiss(24.0, floor_rms)
    for at, seconds in ((5.0, 3.0), (13.0, 2.0)):
        first = int(at * RATE)
        x[first : first + int(seconds * RATE)] += babbling(seconds, voice_rms)
    return x
