"""The shipped dialogues, every word with its time: in any clone, what is lost or paid for too much shows."""

import numpy as np
import pytest
import yaml

from configs.gate import GateSettings
from pipeline.gate import make_host
from pipeline.stages import StreamOpening, StreamTick
from tests.unit.gate.recordings import DIALOGUES, noisy, samples
from tests.unit.gate.sounds import RATE, pcm

BEFORE_S, AFTER_S = 0.3, 0.6  # what perfect labels would forward around the words
MICROPHONES = {
    "as it is": lambda x: x,
    "quiet": lambda x: x / 10,
    "loud": lambda x: x * 4,
    "offset": lambda x: x + 4000,
    "hiss at 10 dB": lambda x: noisy(x, 10),
    "hiss at 5 dB": lambda x: noisy(x, 5),
}


def covered(length, intervals_s):
    inside = np.zeros(length, bool)
    for start_s, end_s in intervals_s:
        inside[max(0, int(start_s * RATE)) : int(end_s * RATE)] = True
    return inside


def words_of(path):
    script = yaml.safe_load(path.with_suffix(".yaml").read_text(encoding="utf-8"))
    return [(start, end) for said in script["utterances"] for _, start, end in said["words"]]


@pytest.fixture(scope="module")
def recordings():
    return {path.stem: (samples(path), words_of(path)) for path in DIALOGUES}


@pytest.fixture(scope="module", params=["cascade", "silero", "webrtc"])
def told(request, recordings):
    """Every dialogue through every microphone, as streams of one host."""
    streams = {(name, mic): change(x) for name, (x, _) in recordings.items() for mic, change in MICROPHONES.items()}
    ticks = [StreamTick(f"{name}/{mic}", 0, pcm(x), StreamOpening(), final=True) for (name, mic), x in streams.items()]
    replies = make_host(GateSettings(engine=request.param)).step(ticks)
    return {key: reply.spans for key, reply in zip(streams, replies, strict=True)}


@pytest.mark.parametrize("microphone", MICROPHONES)
def test_every_word_is_heard_and_little_else_is_paid_for(request, told, recordings, microphone):
    words_s = lost_s = forwarded_s = perfect_s = 0.0
    for name, (x, words) in recordings.items():
        spans = [(span.start_sample / RATE, span.end_sample / RATE) for span in told[name, microphone]]
        said, sent = covered(len(x), words), covered(len(x), spans)
        words_s += said.sum() / RATE
        lost_s += (said & ~sent).sum() / RATE
        forwarded_s += sum(end - start for start, end in spans)
        perfect_s += covered(len(x), [(start - BEFORE_S, end + AFTER_S) for start, end in words]).sum() / RATE
    without_model = request.node.callspec.params["told"] == "webrtc"
    assert lost_s <= (0.01 if without_model and microphone == "hiss at 5 dB" else 0.003) * words_s
    assert forwarded_s <= 1.10 * perfect_s
