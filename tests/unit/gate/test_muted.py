"""A microphone that is muted sends zeros, which say nothing about the room: it is as loud as before afterwards."""

import numpy as np
import pytest

from configs.gate import GateSettings
from pipeline.gate import make_host
from pipeline.gate.grid import QUANTUM_SAMPLES
from pipeline.gate.room import Room
from pipeline.stages import StreamOpening, StreamTick
from tests.unit.gate.recordings import DIALOGUES, noisy, samples
from tests.unit.gate.sounds import RATE, hiss, pcm
from tests.unit.gate.streams import WITHIN_SAMPLES, replayed_differs_by, stepped

SPOKEN = next(noisy(samples(path), 10) for path in DIALOGUES if path.stem == "aperto_no_peito")
MUTED_S = 4.8  # whole epochs, so that both fall on the same grid
MUTED = np.zeros(round(MUTED_S * RATE))
LEVELLED = ["cascade", "webrtc"]  # only where something stands out of the noise do they listen


def spans_s(engine, audio):
    [reply] = make_host(GateSettings(engine=engine)).step([StreamTick("a", 0, pcm(audio), StreamOpening(), final=True)])
    return np.array([(span.start_sample, span.end_sample) for span in reply.spans]) / RATE


@pytest.mark.parametrize("level", [0, -700])  # where an offset was taken off, or its follower is not there yet
def test_a_rooms_floor_and_swing_outlast_it(level):
    room = Room()
    room.reserve(1)
    room.open(0, None)

    def hear(audio):
        for quantum in audio.reshape(-1, 1, QUANTUM_SAMPLES).astype(np.int16):
            room.hear(np.array([0]), quantum, np.array([False]))
        return room.memory(0)

    known = hear(hiss(10.0, 300.0))
    half = hiss(0.1, 300.0)
    half[QUANTUM_SAMPLES // 2 :] = level
    assert hear(np.concatenate([half, np.full(3 * RATE, level)])) == known


@pytest.mark.parametrize("engine", LEVELLED)
def test_a_stream_that_begins_with_it_is_heard_like_one_that_does_not(engine):
    later = spans_s(engine, np.concatenate([MUTED, SPOKEN]))
    assert later - MUTED_S == pytest.approx(spans_s(engine, SPOKEN), abs=1e-6)


@pytest.mark.parametrize("engine", LEVELLED)
def test_noise_is_not_taken_for_voice_after_it(engine):
    noise = hiss(60.0, 300.0).reshape(4, -1)
    noise[:, : 2 * RATE] = 0
    assert not len(spans_s(engine, noise.ravel()))


@pytest.mark.parametrize("engine", [*LEVELLED, "silero"])
def test_a_replay_begins_in_it_as_well(engine):
    settings = GateSettings(engine=engine)
    audio = pcm(np.concatenate([MUTED, SPOKEN[: 6 * RATE], MUTED, SPOKEN[: 4 * RATE]]))
    before = stepped(make_host(settings), "a", audio)
    for at in range(5, 170, 15):
        assert replayed_differs_by(settings, audio, before, at) <= WITHIN_SAMPLES
