"""Where the real gate says that the voice has paused, the last word lies before what was heard, whole."""

import pytest

from configs.gate import GateSettings
from pipeline.audio import AudioBuffer
from pipeline.conversation.pause import Pause
from pipeline.gate.host import make_host
from pipeline.stages import SpeechSpan, StreamOpening, StreamTick
from sandbox.recordings import Dialogue, load_dialogues

CHUNK_BYTES = 3200


@pytest.mark.parametrize("dialogue", load_dialogues(), ids=lambda dialogue: dialogue.name)
@pytest.mark.parametrize("shift_bytes", [0, 640, 1922])
def test_the_last_word_lies_before_what_was_heard(dialogue: Dialogue, shift_bytes: int) -> None:
    """`shift_bytes`: the counter's chunks do not begin where the gate's steps do."""
    pcm = bytes(shift_bytes) + dialogue.samples().tobytes()
    host, audio = make_host(GateSettings()), AudioBuffer()
    pause = Pause(audio)
    heard_upto: int | None = None  # in the pause that goes on
    ends: list[tuple[SpeechSpan, int | None]] = []
    sent = 0
    for at in range(0, len(pcm), CHUNK_BYTES):
        audio.append(pcm[at : at + CHUNK_BYTES])
        whole = audio.end_sample // 1600 * 3200
        tick = StreamTick("s", sent // 2, pcm[sent:whole], None if sent else StreamOpening())
        sent = whole
        (reply,) = host.step([tick])
        ends += [(span, heard_upto) for span in reply.spans]
        pause.follow(reply)
        if not reply.closing:
            heard_upto = None
        elif heard_upto is None and pause.heard:
            heard_upto = pause.heard_upto_sample
    told = [(span, upto) for span, upto in ends if upto is not None]
    assert len(told) >= len(dialogue.utterances) - 1
    assert all(span.speech_end_sample <= upto for span, upto in told)
