"""What stands out of the noise, whatever the noise: only that is worth a closer look."""

import numpy as np
import pytest

from pipeline.gate.candidates import OPEN_DB
from pipeline.gate.grid import QUANTUM_SAMPLES
from pipeline.gate.room import Room
from tests.unit.gate.sounds import babbling, hiss

ROW = np.array([0])
IDLE = np.array([False])
SETTLING = 200  # quanta


def standing_out(audio):
    """Share of a recording's quanta, once the room is known."""
    room = Room()
    room.reserve(1)
    room.open(0, None)
    quanta = audio[: len(audio) // QUANTUM_SAMPLES * QUANTUM_SAMPLES].reshape(-1, 1, QUANTUM_SAMPLES).astype(np.int16)
    return np.mean([room.hear(ROW, quantum, IDLE)[0] > OPEN_DB for quantum in quanta][SETTLING:])


def fan(seconds, rms):
    spectrum = np.fft.rfft(hiss(seconds, 1.0))
    rumble = np.fft.irfft(spectrum / (1 + (np.arange(len(spectrum)) / seconds / 200) ** 2))
    return rumble / np.sqrt(np.mean(rumble**2)) * rms


@pytest.mark.parametrize("noise", [hiss, fan])
def test_steady_noise_does_not_and_voice_as_loud_does(noise):
    room, voice = noise(30.0, 600.0), babbling(30.0, 600.0)
    assert standing_out(room) < 0.1
    assert standing_out(room + voice * (np.arange(len(voice)) % 16_000 < 8000)) > 0.3


def test_memory_carries_floors_and_swings():
    room = Room()
    room.reserve(2)
    room.open(0, None)
    for quantum in hiss(5.0, 300.0).reshape(-1, 1, QUANTUM_SAMPLES).astype(np.int16):
        room.hear(ROW, quantum, IDLE)
    room.open(1, room.memory(0))
    assert room.memory(1) == room.memory(0)
    assert len(room.memory(0)) == Room.NUMBERS
