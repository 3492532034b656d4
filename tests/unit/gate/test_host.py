"""The host's side of the bargain: it answers every tick, whatever is in it, and forgets what is over."""

import wave
from pathlib import Path

import numpy as np
import pytest

from configs.gate import GateSettings
from pipeline.gate import make_host
from pipeline.gate.host import threshold_shift_db
from pipeline.gate.replay import Memory, pack, unpack
from pipeline.stages import StreamOpening, StreamOptions, StreamTick
from tests.unit.gate.sounds import conversation, hiss, pcm
from tests.unit.gate.streams import stepped

RECORDING = Path(__file__).parents[3] / "sandbox/dialogues/dor_de_garganta.wav"
SECOND = pcm(hiss(1.0, 20))


@pytest.fixture
def host():
    return make_host(GateSettings())


def test_a_stream_it_does_not_hold_is_unknown(host):
    [reply] = host.step([StreamTick("a", 0, SECOND)])
    assert not reply.known
    assert host.streams == 0


def test_missing_audio_makes_a_stream_unknown_and_consumes_nothing(host):
    host.step([StreamTick("a", 0, SECOND, StreamOpening())])
    [gap] = host.step([StreamTick("a", 20_000, SECOND)])
    [mended] = host.step([StreamTick("a", 16_000, SECOND)])
    assert (gap.known, mended.known) == (False, True)


def test_audio_sent_twice_counts_once(host):
    host.step([StreamTick("a", 0, SECOND, StreamOpening())])
    host.step([StreamTick("a", 0, SECOND), StreamTick("a", 8_000, SECOND)])
    [reply] = host.step([StreamTick("a", 24_000, b"", final=True)])
    assert reply.known
    assert reply.decided_upto_sample == 24_000


def test_what_came_with_a_tick_is_let_go_of_even_where_none_of_it_was_this_streams(host):
    tick = bytearray(SECOND)
    host.step([StreamTick("a", 0, memoryview(tick)[:0], StreamOpening()), StreamTick("b", 0, memoryview(tick))])
    tick.clear()  # raises BufferError while anybody has a view of it
    assert not tick


def test_the_last_tick_flushes_and_forgets(host):
    speech = pcm(conversation())[: 6 * 32_000]  # ends in the middle of the first utterance
    [reply] = host.step([StreamTick("a", 0, speech, StreamOpening(), final=True)])
    [span] = reply.spans
    assert span.end_sample == 6 * 16_000 == reply.decided_upto_sample
    assert host.streams == 0


def test_an_open_utterance_is_told_before_it_is_over(host):
    speech = pcm(conversation())
    [during] = host.step([StreamTick("a", 0, speech[: 7 * 32_000], StreamOpening())])
    [pausing] = host.step([StreamTick("a", 7 * 16_000, speech[7 * 32_000 : int(8.3 * 32_000)])])
    assert during.speech_since_sample == pausing.speech_since_sample
    assert during.speech_since_sample is not None
    assert (during.closing, pausing.closing) == (False, True)


def test_silence_is_no_news_but_for_where_a_replay_may_start(host):
    replies = stepped(host, "a", pcm(hiss(20.0, 20)))
    told = [reply for reply in replies if reply.news]
    assert len(told) <= 1 + 20 / 4  # the first, and one for each restart
    assert all(reply.memory is not None for reply in told)
    assert len({reply.replay_from_sample for reply in told}) == len(told)
    assert all(reply.memory is None for reply in replies if not reply.news)


@pytest.mark.parametrize("followed", [False, True])
def test_of_an_utterance_its_begin_and_its_end_are_news_and_the_rest_to_who_follows_it(host, followed):
    replies = stepped(host, "a", pcm(conversation()), opening=StreamOpening(StreamOptions(followed=followed)))
    began, told = [None, *(reply.speech_since_sample for reply in replies[:-1])], 0
    assert any(reply.spans for reply in replies)
    for reply, before in zip(replies, began, strict=True):
        open_since = reply.speech_since_sample
        assert reply.news or not (reply.spans or open_since != before or (followed and open_since))
        told += bool(reply.news and open_since and open_since == before)
    assert bool(told) == followed


def test_utterances_carry_what_was_measured(host):
    speech = conversation(floor_rms=100.0)
    speech[5 * 16_000 : 5 * 16_000 + 160] = 40_000
    [reply] = host.step([StreamTick("a", 0, pcm(speech), StreamOpening(), final=True)])
    span = reply.spans[0]
    assert span.noise_dbfs == pytest.approx(-50.3, abs=3)
    assert span.speech_dbfs == pytest.approx(-26, abs=4)
    assert span.snr_db == pytest.approx(span.speech_dbfs - span.noise_dbfs)
    assert span.clipped_fraction == pytest.approx(160 / (span.end_sample - span.start_sample))
    assert abs(span.dc_offset) < 0.0006
    assert span.engine == "cascade"


@pytest.mark.parametrize("offset", [0.03, -0.01])
def test_a_microphones_offset_is_told_as_a_fraction_of_full_scale(host, offset):
    with wave.open(str(RECORDING)) as recording:
        said = np.frombuffer(recording.readframes(recording.getnframes()), "<i2").astype(float)
    [reply] = host.step([StreamTick("a", 0, pcm(said + offset * 32_768), StreamOpening(), final=True)])
    assert [span.dc_offset for span in reply.spans] == [pytest.approx(offset, abs=0.001)] * len(reply.spans)
    assert reply.spans


OTHERS = [
    b"abc",
    b"12345678",
    b"12345678" * 3,
    pack(Memory([0.0] * 9)),
    pack(Memory([0.0] * 11))[:-1] + b"?",
]  # broken, or of another version


@pytest.mark.parametrize("memory", OTHERS)
def test_memory_it_cannot_read_is_a_fresh_start(host, memory):
    [reply] = host.step([StreamTick("a", 0, SECOND, StreamOpening(memory=memory))])
    assert reply.known


@pytest.mark.parametrize("engine", ["cascade", "silero", "webrtc"])
@pytest.mark.parametrize("rest", [Memory((), b"?"), Memory((), b"", [1.0] * 13)])
def test_what_else_it_cannot_read_is_left_out(engine, rest):
    host = make_host(GateSettings(engine=engine))
    known = unpack(host.step([StreamTick("a", 0, SECOND * 9, StreamOpening())])[0].memory)
    memory = pack(rest._replace(numbers=known.numbers))
    host = make_host(GateSettings(engine=engine))
    [reply] = host.step([StreamTick("a", 0, SECOND * 3, StreamOpening(memory=memory))])
    assert reply.known
    assert reply.speech_since_sample is None


def test_rows_are_used_again(host):
    for i in range(40):
        host.step([StreamTick(str(i), 0, SECOND, StreamOpening(), final=i % 2 == 0)])
    host.forget([str(i) for i in range(40)])
    assert host.streams == 0


def test_the_environment_goes_before_the_settings():
    assert threshold_shift_db(300) == 0
    assert threshold_shift_db(3000) == pytest.approx(20)
    assert threshold_shift_db(0) == threshold_shift_db(1) < -40
    assert make_host(GateSettings(energy_threshold=900), energy_threshold=100).energy_threshold == 100
