"""On recordings, where utterances follow each other closely: a replay tells the same, and nothing twice."""

import numpy as np
import pytest

from configs.gate import GateSettings
from pipeline.gate import make_host
from tests.unit.gate.recordings import DIALOGUES, noisy, samples
from tests.unit.gate.sounds import RATE, pcm
from tests.unit.gate.streams import WITHIN_SAMPLES, replayed_differs_by, stepped

TALK = np.concatenate([samples(path) for path in DIALOGUES])
LAST_S = 5.0  # of the audio: what there is to disagree about is before


def differences_samples(settings, audio, from_s, every_s):
    """Of a stream lost after every so many seconds."""
    before = stepped(make_host(settings), "a", audio)
    lost_at = np.arange(int(from_s * 10), len(before) - int(LAST_S * 10), int(every_s * 10))
    return [replayed_differs_by(settings, audio, before, int(at)) for at in lost_at]


@pytest.mark.parametrize(("engine", "from_s", "snr_db"), [("cascade", 64, 10), ("silero", 50, 10)])
def test_an_utterance_right_after_a_delivered_one_does_not_reach_back_into_it(engine, from_s, snr_db):
    audio = pcm(noisy(TALK, snr_db)[from_s * RATE : 88 * RATE])
    assert max(differences_samples(GateSettings(engine=engine), audio, 75 - from_s, 1.1)) <= WITHIN_SAMPLES


@pytest.mark.parametrize("engine", ["cascade", "silero"])
def test_what_goes_on_after_a_cut_begins_where_it_did(engine):
    settings = GateSettings(engine=engine, longest_utterance_s=4.0)
    assert max(differences_samples(settings, pcm(TALK[64 * RATE : 88 * RATE]), 0.7, 2.3)) <= WITHIN_SAMPLES
