"""One stream through a host, tick by tick, and once more from where a reply says that it may be replayed."""

from pipeline.gate import make_host
from pipeline.stages import GateReply, StreamOpening, StreamTick

WITHIN_SAMPLES = 480  # 30 ms


def stepped(host, name, audio, first_sample=0, opening=None, step_bytes=3200):
    """Every reply, fed from `first_sample` to the end."""
    replies: list[GateReply] = []
    opening = opening or StreamOpening()
    for at in range(first_sample * 2, len(audio), step_bytes):
        final = at + step_bytes >= len(audio)
        tick = StreamTick(name, at // 2, audio[at : at + step_bytes], opening if not replies else None, final)
        replies += host.step([tick])
    return replies


def spans_of(replies):
    return [span for reply in replies for span in reply.spans]


def replayed_agrees(settings, audio, before, at, step_bytes=3200):
    """A fresh host takes the stream up after the reply `before[at]`, and tells what was told from there on."""
    delivered = spans_of(before[: at + 1])
    opening = StreamOpening(
        delivered_upto_sample=max((span.end_sample for span in delivered), default=0), memory=before[at].memory
    )
    again = spans_of(stepped(make_host(settings), "a", audio, before[at].replay_from_sample, opening, step_bytes))
    expected = spans_of(before[at + 1 :])
    assert len(again) == len(expected)
    for got, wanted in zip(again, expected, strict=True):
        assert abs(got.start_sample - wanted.start_sample) <= WITHIN_SAMPLES
        assert abs(got.end_sample - wanted.end_sample) <= WITHIN_SAMPLES
