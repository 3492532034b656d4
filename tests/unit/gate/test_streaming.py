"""Decisions depend on the audio and on nothing else: not on chunks, neighbours, or where a replay began."""

from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from configs.gate import GateSettings
from pipeline.gate import make_gate, make_host, make_silero_gate, make_webrtc_gate
from pipeline.stages import SpeechSpan, StreamOpening, StreamOptions, StreamTick
from tests.unit.gate.sounds import beeps, conversation, hiss, pcm
from tests.unit.gate.streams import WITHIN_SAMPLES, replayed_differs_by, spans_of, stepped

SPEECH = pcm(conversation())
few = settings(max_examples=8, deadline=None, derandomize=True)
cuts = st.lists(st.integers(1, len(SPEECH) - 1), max_size=40).map(lambda at: [0, *sorted(at), len(SPEECH)])


def pushed(gate, cut):
    found = [span for first, last in pairwise(cut) for span in gate.spans(SPEECH[first:last])]
    return [(s.start_sample, s.end_sample, s.speech_end_sample) for s in [*found, *gate.spans(b"", final=True)]]


MAKERS = (make_gate, make_silero_gate, make_webrtc_gate)
REPLIES_OF = {
    engine: stepped(make_host(GateSettings(engine=engine)), "a", SPEECH) for engine in ("cascade", "silero", "webrtc")
}
REPLIES = REPLIES_OF["cascade"]
WHOLE = {make: pushed(make(16_000), [0, len(SPEECH)]) for make in MAKERS}


@pytest.mark.parametrize("make", MAKERS)
def test_what_is_said_is_forwarded_and_the_rest_is_not(make):
    (first, first_end, _), (second, second_end, _) = WHOLE[make]
    assert 4.4 * 16_000 < first <= 5.0 * 16_000
    assert 8.0 * 16_000 <= first_end < 8.8 * 16_000
    assert 12.4 * 16_000 < second <= 13.0 * 16_000
    assert 15.0 * 16_000 <= second_end < 15.8 * 16_000


@pytest.mark.parametrize("make", MAKERS)
@few
@given(cut=cuts)
def test_any_chunking_gives_the_same_decisions_bit_for_bit(make, cut):
    assert pushed(make(16_000), cut) == WHOLE[make]


@pytest.mark.parametrize("engine", REPLIES_OF)
@few
@given(at=st.integers(0, len(SPEECH) // 3200 - 2), step=st.sampled_from([1600, 3200, 32_000]))
def test_a_replay_from_any_acknowledged_offset_agrees_within_30_ms(engine, at, step):
    assert replayed_differs_by(GateSettings(engine=engine), SPEECH, REPLIES_OF[engine], at, step) <= WITHIN_SAMPLES


def test_neighbours_change_nothing():
    rng = np.random.default_rng(4)
    others = [pcm(x) for x in (hiss(24, 600, 5), beeps(24, 2000), conversation(200), conversation(5, 300))]
    alone = spans_of(REPLIES)
    host, found = make_host(GateSettings()), list[SpeechSpan]()
    for at in range(0, len(SPEECH), 3200):
        ticks = [
            StreamTick(str(i), at // 2, x[at : at + 3200], StreamOpening() if at == 0 else None, at + 3200 >= len(x))
            for i, x in enumerate([*others, SPEECH])
        ]
        replies = host.step([ticks[i] for i in rng.permutation(len(ticks))])
        found += spans_of([reply for reply in replies if reply.stream_id == "4"])
    assert [(s.start_sample, s.end_sample) for s in found] == [(s.start_sample, s.end_sample) for s in alone]


def test_what_is_decided_stays_decided():
    decided = 0
    for reply in REPLIES:
        assert all(span.start_sample >= decided for span in reply.spans if not span.continues)
        assert reply.replay_from_sample <= reply.decided_upto_sample
        decided = max(decided, reply.decided_upto_sample if reply.speech_since_sample is None else 0)
    assert REPLIES[-1].decided_upto_sample == len(SPEECH) // 2


def test_a_silent_stream_holds_little_for_a_replay():
    replies = stepped(make_host(GateSettings()), "a", pcm(hiss(30, 20)))
    assert all(16 * (i + 1) * 100 - reply.replay_from_sample <= 8 * 16_000 for i, reply in enumerate(replies))


def test_an_engine_that_cannot_tell_pauses_never_ends_an_utterance_quickly():
    silences = [
        min(s.closed_at_sample - s.speech_end_sample for s in make(16_000).spans(SPEECH, final=True))
        for make in (make_gate, make_webrtc_gate)
    ]
    assert 400 * 16 <= silences[0] < 600 * 16 <= silences[1]


def test_options_are_per_stream():
    host = make_host(GateSettings())
    patient = StreamOpening(options=StreamOptions(closing_silence_ms=1500, pre_roll_ms=0))
    hasty = StreamOpening(options=StreamOptions(closing_silence_ms=300))
    plain, slow, fast = (
        stepped(host, name, SPEECH, opening=o) for name, o in (("a", None), ("b", patient), ("c", hasty))
    )
    ends = [spans_of(replies)[0].closed_at_sample for replies in (fast, plain, slow)]
    assert ends == sorted(set(ends))
    assert spans_of(slow)[0].start_sample - spans_of(plain)[0].start_sample == 300 * 16
