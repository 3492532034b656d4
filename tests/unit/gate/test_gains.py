"""What was gained on the evaluation kit stays gained: a change that loses speech, or pays for noise, fails here.

The bounds are the required figures, tightened where the gate does clearly better.
"""

import importlib.util
import sys
from pathlib import Path

import pytest

from configs.gate import GateSettings
from pipeline.gate import make_host
from pipeline.stages import StreamOpening, StreamTick

KIT = Path(__file__).parents[4] / "shared" / "gate-eval" / "gate_eval.py"
pytestmark = pytest.mark.skipif(not KIT.exists(), reason=f"the evaluation kit is not at {KIT.parent}")

PERFECT = 1.25  # seconds forwarded a second of speech by perfect labels, same padding
BOUNDS = {  # forwarded as a multiple of perfect, speech lost %, onsets clipped %
    "clean": (1.12, 0.3, 2.5),
    "office-5": (1.17, 0.8, 5.0),
    "quiet-hvac-10": (1.08, 0.5, 2.5),
    "babble-10": (1.50, 5.0, 8.0),
}
IDLE = {"idle-pharmacy-300": 3.0, "idle-babble-1000": 30.0}  # minutes an hour, in the first minutes
IDLE_SECONDS = 180


@pytest.fixture(scope="module")
def kit():
    spec = importlib.util.spec_from_file_location("gate_eval", KIT)
    module = importlib.util.module_from_spec(spec)
    sys.modules["gate_eval"] = module  # its dataclasses look themselves up
    spec.loader.exec_module(module)
    yield module
    del sys.modules["gate_eval"]


@pytest.fixture(scope="module")
def figures(kit):
    """Every condition is a stream of one host, as counters are."""
    corpus, host = kit.load_kit(), make_host(GateSettings())
    clips = {name: kit.build(name, corpus, 11)[0] for name in BOUNDS}
    for name in IDLE:
        clips[name] = kit.Clip(kit.build(name, corpus, 11)[0].audio[: IDLE_SECONDS * 16_000], [])
    pcm = {name: kit.to_pcm(clip.audio) for name, clip in clips.items()}
    found = {name: [] for name in clips}
    for at in range(0, max(map(len, pcm.values())), 3200):
        ticks = [
            StreamTick(name, at // 2, x[at : at + 3200], None if at else StreamOpening(), at + 3200 >= len(x))
            for name, x in pcm.items()
            if at < len(x)
        ]
        for reply in host.step(ticks):
            found[reply.stream_id] += [(s.start_sample / 16_000, s.end_sample / 16_000) for s in reply.spans]
    scores = {name: kit.score(lambda _, name=name: (found[name], 0.0), [clip]) for name, clip in clips.items()}
    return {name: kit.ratios([score]) for name, score in scores.items()}


@pytest.mark.parametrize("condition", BOUNDS)
def test_speech_is_heard_and_little_else_is_paid_for(figures, condition):
    forwarded, lost_pct, clipped_pct = BOUNDS[condition]
    got = figures[condition]
    assert got["lost_pct"] <= lost_pct
    assert got["clipped_pct"] <= clipped_pct
    assert got["fwd_per_speech"] / PERFECT <= forwarded


@pytest.mark.parametrize("condition", IDLE)
def test_noise_alone_stays_out(figures, condition):
    assert figures[condition]["false_min_per_h"] <= IDLE[condition]
