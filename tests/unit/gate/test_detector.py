"""What a WebRTC detector knows goes over to another one, whole or not at all."""

import numpy as np
import pytest

from pipeline.gate.detector import INSIDE_BYTES, MARK
from pipeline.gate.voice import WebRtcVoice
from tests.unit.gate.sounds import babbling, hiss

HEARD = (hiss(20.0, 30.0) + babbling(20.0, 100.0)).astype(np.int16).reshape(-1, 1600)


def verdicts(voice, quanta):
    return [voice.hear(quantum) for quantum in quanta]


def test_another_one_goes_on_as_if_it_had_heard_everything():
    one, other = WebRtcVoice(), WebRtcVoice()
    verdicts(one, HEARD[:100])
    other.go_on(one.inside())
    told = verdicts(one, HEARD[100:])
    assert verdicts(other, HEARD[100:]) == told
    assert other.inside() == one.inside()
    assert verdicts(WebRtcVoice(), HEARD[100:]) != told


@pytest.mark.parametrize("broken", [b"", b"x" * 10, b"x" * INSIDE_BYTES, MARK, bytes(INSIDE_BYTES - 4) + MARK])
def test_what_is_none_of_it_changes_nothing(broken):
    voice = WebRtcVoice()
    verdicts(voice, HEARD[:10])
    before = voice.inside()
    voice.go_on(broken)
    assert voice.inside() == before


def test_a_detector_of_another_mode_keeps_its_own():
    strict = WebRtcVoice(mode=3)
    before = strict.inside()
    strict.go_on(WebRtcVoice().inside())
    assert strict.inside() == before
