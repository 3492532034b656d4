"""What stands out of the noise, whatever the noise: only that is worth a closer look."""

import numpy as np
import pytest

from pipeline.gate.candidates import OPEN_DB
from pipeline.gate.grid import QUANTUM_SAMPLES
from pipeline.gate.room import Room
from tests.unit.gate.sounds import babbling, beeps, hiss

ROW = np.array([0])
IDLE = np.array([False])
SETTLING = 200  # quanta


def opened():
    room = Room()
    room.reserve(1)
    room.open(0, None)
    return room


def quanta_of(audio):
    return audio[: len(audio) // QUANTUM_SAMPLES * QUANTUM_SAMPLES].reshape(-1, 1, QUANTUM_SAMPLES).astype(np.int16)


def standing_out(audio):
    """Share of a recording's quanta, once the room is known."""
    room = opened()
    return np.mean([room.hear(ROW, quantum, IDLE)[0] > OPEN_DB for quantum in quanta_of(audio)][SETTLING:])


def fan(seconds, rms):
    spectrum = np.fft.rfft(hiss(seconds, 1.0))
    rumble = np.fft.irfft(spectrum / (1 + (np.arange(len(spectrum)) / seconds / 200) ** 2))
    return rumble / np.sqrt(np.mean(rumble**2)) * rms


@pytest.mark.parametrize("noise", [hiss, fan])
def test_steady_noise_does_not_and_voice_as_loud_does(noise):
    room, voice = noise(30.0, 600.0), babbling(30.0, 600.0)
    assert standing_out(room) < 0.1
    assert standing_out(room + voice * (np.arange(len(voice)) % 16_000 < 8000)) > 0.3


@pytest.mark.parametrize("noise", [hiss, fan])
def test_what_is_left_without_the_noise_tells_a_voice_from_a_beep(noise):
    def tilt_db(sound):
        room, audio = opened(), noise(10.0, 300.0) + sound
        told = [room.frames(ROW, quantum, IDLE) for quantum in quanta_of(audio)]
        return np.median(np.concatenate([f.tilt_db[f.excess_db > 6.0] for f in told]))

    assert tilt_db(babbling(10.0, 1500.0) * (np.arange(160_000) >= 32_000)) < -4.0
    assert tilt_db(beeps(10.0, 1500.0)) > 0.0


def test_memory_carries_floors_and_swings():
    room = Room()
    room.reserve(2)
    room.open(0, None)
    for quantum in hiss(5.0, 300.0).reshape(-1, 1, QUANTUM_SAMPLES).astype(np.int16):
        room.hear(ROW, quantum, IDLE)
    room.open(1, room.memory(0))
    assert room.memory(1) == room.memory(0)
    assert len(room.memory(0)) == Room.NUMBERS
