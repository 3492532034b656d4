"""Which audio a listening transcriber is sent, reply by reply."""

from configs.ingress import ConversationSettings
from pipeline.audio import AudioBuffer
from pipeline.conversation.following import Following
from pipeline.stages import GateReply, SpeechPart, SpeechSpan
from tests.fakes.stages import COUNTER

SETTINGS = ConversationSettings(settle_after_ms=200, settle_least_ms=500, utterance_deadline_s=12)

HOP = 512  # the voice model's: of what the gate was sent, less than that may be open


class Listener:
    def __init__(self) -> None:
        self.parts: list[SpeechPart] = []
        self.ended: list[str] = []

    def feed(self, part: SpeechPart) -> None:
        self.parts.append(part)

    def end(self, stream_id: str) -> None:
        self.ended.append(stream_id)


def following() -> tuple[AudioBuffer, Listener, Following]:
    audio, listener = AudioBuffer(), Listener()
    audio.append(bytes(range(200)) * 160)
    return audio, listener, Following("s", COUNTER, audio, listener, SETTINGS)


def reply(since: int | None, *spans: SpeechSpan, closing: bool = False) -> GateReply:
    return GateReply("s", True, spans=spans, speech_since_sample=since, closing=closing)


def ticks(audio: AudioBuffer, along: Following, times: int, *, closing: bool) -> None:
    """100 ms each, with an utterance open since sample 3000."""
    for _ in range(times):
        audio.append(bytes(3200))
        along.follow(reply(3000, closing=closing))


def test_silence_sends_nothing() -> None:
    _, listener, along = following()
    along.follow(reply(None))
    assert listener.parts == []


def test_an_open_utterance_is_sent_from_its_beginning_each_sample_once() -> None:
    audio, listener, along = following()
    along.follow(reply(3000))
    audio.append(bytes(3200))
    along.follow(reply(3000))
    assert [(p.utterance_start_sample, p.start_sample) for p in listener.parts] == [(3000, 3000), (3000, 16_000)]
    assert b"".join(p.pcm for p in listener.parts) == audio.cut(3000, 17_600)


def test_an_utterance_that_closed_is_not_taken_back() -> None:
    _, listener, along = following()
    along.follow(reply(3000))
    along.follow(reply(None, SpeechSpan(3000, 9000, 9000, 16_000)))
    assert len(listener.parts) == 1


def test_a_candidate_that_came_to_nothing_is_taken_back() -> None:
    _, listener, along = following()
    along.follow(reply(3000))
    along.follow(reply(None))
    assert (listener.parts[-1].utterance_start_sample, listener.parts[-1].pcm) == (3000, b"")


def test_a_cut_utterance_goes_on_in_the_next_one() -> None:
    audio, listener, along = following()
    along.follow(reply(3000))
    audio.append(bytes(3200))
    along.follow(reply(15_000, SpeechSpan(3000, 16_000, 16_000, 16_000, continues=True)))
    assert (listener.parts[-1].utterance_start_sample, listener.parts[-1].start_sample) == (15_000, 15_000)


def test_where_the_voice_pauses_the_text_is_asked_for_and_silence_is_not_sent() -> None:
    audio, listener, along = following()
    ticks(audio, along, 5, closing=False)
    ticks(audio, along, 5, closing=True)
    *sent, asked = listener.parts
    assert (asked.pcm, asked.settle_within_s) == (b"", 6.0)
    assert asked.start_sample == 16_000 + 7 * 1600 - HOP  # so far the gate has surely heard, no voice in the last of it
    assert b"".join(p.pcm for p in sent) == audio.cut(3000, asked.start_sample)
    assert {part.settle_within_s for part in sent} == {None}


def test_the_shortest_pause_is_the_one_that_the_next_reply_confirms() -> None:
    audio, listener = AudioBuffer(), Listener()
    audio.append(bytes(32_000))
    along = Following("s", COUNTER, audio, listener, ConversationSettings(settle_after_ms=0, settle_least_ms=500))
    ticks(audio, along, 3, closing=False)
    ticks(audio, along, 1, closing=True)
    assert all(part.settle_within_s is None for part in listener.parts)
    ticks(audio, along, 1, closing=True)
    assert listener.parts[-1].settle_within_s is not None
    assert listener.parts[-1].start_sample == 16_000 + 4 * 1600 - HOP


def test_a_voice_that_goes_on_is_sent_from_where_the_sending_stopped() -> None:
    audio, listener, along = following()
    ticks(audio, along, 5, closing=True)
    ticks(audio, along, 5, closing=False)
    ticks(audio, along, 5, closing=True)
    assert b"".join(p.pcm for p in listener.parts) == audio.cut(3000, listener.parts[-1].start_sample)
    assert [p.settle_within_s is not None for p in listener.parts].count(True) == 2


def test_a_little_audio_is_not_worth_asking_about() -> None:
    audio, listener, along = following()
    ticks(audio, along, 3, closing=True)
    ticks(audio, along, 1, closing=False)
    ticks(audio, along, 3, closing=True)  # 400 ms since the text was asked for
    assert [p.settle_within_s is not None for p in listener.parts].count(True) == 1


def test_without_the_setting_nothing_is_asked_ahead() -> None:
    audio, listener = AudioBuffer(), Listener()
    along = Following("s", COUNTER, audio, listener, ConversationSettings(settle_after_ms=None))
    ticks(audio, along, 30, closing=True)
    assert b"".join(p.pcm for p in listener.parts) == audio.cut(3000, audio.end_sample - 1600 - HOP)
    assert all(p.settle_within_s is None for p in listener.parts)


def test_the_end_of_the_stream_is_told() -> None:
    _, listener, along = following()
    along.end()
    assert listener.ended == ["s"]
