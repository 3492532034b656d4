"""Level is evidence: nothing to set for quiet, loud or offset microphones, and the threshold moves the right way."""

import pytest

from configs.gate import GateSettings
from pipeline.gate import make_gate, make_host, make_webrtc_gate
from pipeline.stages import StreamOpening, StreamOptions, StreamTick
from tests.unit.gate.sounds import beeps, conversation, hiss, pcm


def forwarded_s(audio, engine="cascade", threshold=None, options=None):
    host = make_host(GateSettings(engine=engine), threshold)
    opening = StreamOpening(options=options or StreamOptions())
    [reply] = host.step([StreamTick("a", 0, pcm(audio), opening, final=True)])
    return sum(span.end_sample - span.start_sample for span in reply.spans) / 16_000


@pytest.mark.parametrize("make", [make_gate, make_webrtc_gate])
@pytest.mark.parametrize(
    "microphone", [lambda x: x / 10, lambda x: x * 4, lambda x: x + 4000, lambda x: x / 10 - 5000, lambda x: x]
)
def test_any_microphone_forwards_the_two_utterances(make, microphone):
    gate = make(16_000)
    found = [*gate.push(pcm(microphone(conversation()))), *gate.flush()]
    assert len(found) == 2
    assert 5.0 < sum(end - start for start, end in found) < 8.5


def test_noise_alone_is_not_paid_for():
    for engine in ("cascade", "webrtc"):
        assert forwarded_s(hiss(20, 800), engine) == 0
        assert forwarded_s(hiss(20, 30) + beeps(20, 2000), engine) == 0


def test_speech_in_noise_is_heard():
    assert forwarded_s(conversation(floor_rms=700)) > 4.5


@pytest.mark.parametrize("engine", ["cascade", "silero", "webrtc"])
def test_raising_the_energy_threshold_hears_less(engine):
    audio = conversation(floor_rms=400, voice_rms=900)
    heard = [forwarded_s(audio, engine, threshold) for threshold in (30, 300, 3000, 30_000)]
    assert heard == sorted(heard, reverse=True)
    assert heard[0] > heard[-1]


def test_a_counter_may_have_its_own_threshold():
    audio = conversation(floor_rms=400, voice_rms=900)
    strict = StreamOptions(energy_threshold=30_000)
    assert forwarded_s(audio, options=strict) == forwarded_s(audio, threshold=30_000) < forwarded_s(audio)
