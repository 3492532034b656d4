"""A stream's offsets, against a real gate host that is replaced at any moment."""

import random

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.audio import SAMPLE_BYTES, AudioBuffer
from pipeline.delivery import STEP_SAMPLES, Delivery
from pipeline.gate.grid import QUANTUM_SAMPLES
from pipeline.stages import GateReply, SpeechSpan, StreamOptions

QUIET = b"\0\0" * 1600


def delivery(seconds: float = 1.0) -> tuple[AudioBuffer, Delivery]:
    audio = AudioBuffer()
    for _ in range(round(seconds * 10)):
        audio.append(QUIET)
    return audio, Delivery("s", audio, StreamOptions())


def test_the_first_tick_opens_the_stream_and_later_ones_carry_only_what_is_new() -> None:
    audio, sent = delivery()
    first = sent.next_tick(1 << 20, final=False)
    audio.append(QUIET)
    second = sent.next_tick(1 << 20, final=False)
    assert (first.start_sample, first.opening is None) == (0, False)
    assert (second.start_sample, second.opening, len(second.pcm)) == (16_000, None, 3200)
    assert not sent.due


def test_small_chunks_gather_to_whole_steps_and_the_last_tick_takes_the_rest() -> None:
    audio, sent = delivery(0)
    for _ in range(7):
        audio.append(QUIET[:960])  # 30 ms
    assert sent.due
    assert len(sent.next_tick(1 << 20, final=False).pcm) == 2 * STEP_SAMPLES * SAMPLE_BYTES
    audio.append(QUIET[:960])
    assert not sent.due
    last = sent.next_tick(1 << 20, final=True)
    assert last.final
    assert last.end_sample == audio.end_sample


def test_a_step_is_what_the_gate_advances_by() -> None:
    assert STEP_SAMPLES == QUANTUM_SAMPLES


def test_a_replica_that_does_not_know_the_stream_gets_it_again_from_the_replay_point() -> None:
    audio, sent = delivery(3)
    sent.next_tick(1 << 20, final=False)
    sent.take(GateReply("s", True, 48_000, 32_000, memory=b"room"))
    audio.append(QUIET)
    sent.next_tick(1 << 20, final=False)
    assert sent.take(GateReply("s", known=False)) is None
    again = sent.next_tick(1 << 20, final=False)
    assert again.start_sample == 32_000
    assert again.opening is not None
    assert again.opening.memory == b"room"


def test_a_replay_point_is_taken_with_what_was_known_there_or_not_at_all() -> None:
    _, sent = delivery(5)
    sent.next_tick(1 << 20, final=False)
    sent.take(GateReply("s", True, 48_000, 32_000, memory=b"room"))
    sent.take(GateReply("s", True, 80_000, 64_000))  # what it knew there went with a reply that was lost
    sent.rewind()
    again = sent.next_tick(1 << 20, final=False)
    assert again.opening is not None
    assert (again.start_sample, again.opening.memory) == (32_000, b"room")


def test_an_utterance_found_again_after_a_replay_is_not_delivered_again() -> None:
    _, sent = delivery(5)
    sent.next_tick(1 << 20, final=False)
    sent.take(GateReply("s", True, 80_000, 30_000, (SpeechSpan(16_000, 60_000, 60_000, 70_000),)))
    sent.rewind()
    opening = sent.next_tick(1 << 20, final=False).opening
    assert opening is not None
    assert opening.delivered_upto_sample == 60_000
    found = (SpeechSpan(16_200, 60_400, 60_400, 70_000), SpeechSpan(70_000, 79_000, 79_000, 80_000))
    fresh = sent.take(GateReply("s", True, 80_000, 80_000, found))
    assert fresh is not None
    assert fresh.spans == found[1:]


def test_final_is_said_only_once_everything_is_sent() -> None:
    _, sent = delivery(1)
    ticks = [sent.next_tick(8000, final=True) for _ in range(4)]
    assert [tick.final for tick in ticks] == [False, False, False, True]
    assert sum(len(tick.pcm) for tick in ticks) == 32_000


def test_dropped_audio_reopens_the_stream_where_audio_is_held_again() -> None:
    audio, sent = delivery(3)
    sent.next_tick(16_000, final=False)
    audio.release_before(32_000)
    tick = sent.next_tick(1 << 20, final=False)
    assert (tick.start_sample, tick.opening is None) == (32_000, False)


def speech(rng: np.random.Generator, seconds: float) -> bytes:
    """A voiced sound with syllables: enough for a gate to open on."""
    t = np.arange(int(seconds * 16_000)) / 16_000
    pitch = 2 * np.pi * 140 * t
    voiced = sum(np.sin(k * pitch) / k for k in range(1, 25)) * (0.55 + 0.45 * np.sin(2 * np.pi * 4 * t))
    return (voiced * 3000 + rng.normal(0, 30, len(t))).astype("<i2").tobytes()


def session(rng: np.random.Generator) -> bytes:
    parts = []
    for _ in range(4):
        parts.append(rng.normal(0, 30, 24_000).astype("<i2").tobytes())
        parts.append(speech(rng, 1.2))
    return b"".join(parts) + rng.normal(0, 30, 24_000).astype("<i2").tobytes()


def delivered(pcm: bytes, replaced_at: set[int]) -> list[tuple[int, int]]:
    """Spans of one stream fed in 100 ms ticks; the host is thrown away at the given ticks."""
    from configs.gate import GateSettings
    from pipeline.gate.host import make_host

    audio = AudioBuffer()
    sent = Delivery("s", audio, StreamOptions())
    host = make_host(GateSettings(engine="webrtc"))
    spans: list[tuple[int, int]] = []
    for number, at in enumerate(range(0, len(pcm), 3200)):
        audio.append(pcm[at : at + 3200])
        if number in replaced_at:
            host = make_host(GateSettings(engine="webrtc"))
        for _ in range(3):
            (reply,) = host.step([sent.next_tick(1 << 20, final=at + 3200 >= len(pcm))])
            fresh = sent.take(reply)
            if fresh is not None:
                break
        assert fresh is not None
        spans += [(span.start_sample, span.end_sample) for span in fresh.spans]
        audio.release_before(fresh.replay_from_sample)
    return spans


@pytest.fixture(scope="module")
def undisturbed() -> tuple[bytes, list[tuple[int, int]]]:
    pcm = session(np.random.default_rng(5))
    spans = delivered(pcm, set())
    assert len(spans) >= 3
    return pcm, spans


@given(seed=st.integers(0, 1000))
@settings(max_examples=12, deadline=None)
def test_replicas_replaced_at_any_tick_change_no_utterance_by_more_than_30_ms(
    undisturbed: tuple[bytes, list[tuple[int, int]]], seed: int
) -> None:
    pcm, expected = undisturbed
    replaced_at = set(random.Random(seed).sample(range(len(pcm) // 3200), 3))
    spans = delivered(pcm, replaced_at)
    assert len(spans) == len(expected)
    for (start, end), (wanted_start, wanted_end) in zip(spans, expected, strict=True):
        assert abs(start - wanted_start) <= 480
        assert abs(end - wanted_end) <= 480
