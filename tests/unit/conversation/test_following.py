"""Which audio a listening transcriber is sent, reply by reply."""

from pipeline.audio import AudioBuffer
from pipeline.conversation.following import Following
from pipeline.stages import GateReply, SpeechPart, SpeechSpan


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
    return audio, listener, Following("s", "b", audio, listener)


def reply(since: int | None, *spans: SpeechSpan) -> GateReply:
    return GateReply("s", True, spans=spans, speech_since_sample=since)


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


def test_the_end_of_the_stream_is_told() -> None:
    _, listener, along = following()
    along.end()
    assert listener.ended == ["s"]
