"""On recordings, where utterances follow each other closely: a replay tells the same, and nothing twice."""

import numpy as np
import pytest

from configs.gate import GateSettings
from pipeline.gate import make_host
from tests.unit.gate.recordings import DIALOGUES, noisy, samples
from tests.unit.gate.sounds import RATE, pcm
from tests.unit.gate.streams import WITHIN_SAMPLES, replayed_differs_by, stepped

TALK = np.concatenate([samples(path) for path in DIALOGUES])
MOST_MEMORY_BYTES = 5_000
LAST_S = 5.0  # of the audio: what there is to disagree about is before


def differences_samples(settings, audio, from_s, every_s):
    """Of a stream lost after every so many seconds."""
    before = stepped(make_host(settings), "a", audio)
    assert max(len(reply.memory or b"") for reply in before) <= MOST_MEMORY_BYTES
    lost_at = np.arange(int(from_s * 10), len(before) - int(LAST_S * 10), int(every_s * 10))
    return [replayed_differs_by(settings, audio, before, int(at)) for at in lost_at]


@pytest.mark.parametrize(
    ("engine", "from_s", "snr_db"), [("cascade", 64, 10), ("silero", 50, 10), ("webrtc", 0, 10), ("webrtc", 64, 40)]
)
def test_an_utterance_right_after_a_delivered_one_does_not_reach_back_into_it(engine, from_s, snr_db):
    audio = pcm(noisy(TALK, snr_db)[from_s * RATE : 88 * RATE])
    assert max(differences_samples(GateSettings(engine=engine), audio, 75 - from_s, 1.1)) <= WITHIN_SAMPLES


@pytest.mark.parametrize("engine", ["cascade", "silero", "webrtc"])
def test_what_goes_on_after_a_cut_begins_where_it_did(engine):
    settings = GateSettings(engine=engine, longest_utterance_s=4.0)
    assert max(differences_samples(settings, pcm(TALK[64 * RATE : 88 * RATE]), 0.7, 2.3)) <= WITHIN_SAMPLES


@pytest.mark.parametrize("engine", ["cascade", "silero", "webrtc"])
def test_talk_that_leaves_no_room_for_a_restart_is_taken_up_in_its_midst(engine):
    quanta = TALK[: len(TALK) // 1600 * 1600].reshape(-1, 1600)
    without_pauses = quanta[np.sqrt(np.mean(quanta**2, axis=1)) > 600].ravel()[: 48 * RATE]
    assert max(differences_samples(GateSettings(engine=engine), pcm(noisy(without_pauses, 10)), 20.0, 4.3)) == 0
