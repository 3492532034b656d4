"""One stream through a host, tick by tick, and once more from where a reply says that it may be replayed."""

import math

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


def memory_at(replies, at):
    """What an ingress has to hand back after the reply `replies[at]`."""
    return next(reply.memory for reply in reversed(replies[: at + 1]) if reply.memory is not None)


def replayed_differs_by(settings, audio, before, at, step_bytes=3200):
    """A fresh host takes the stream up after the reply `before[at]`: by how many samples does any bound that it tells
    from there on differ from what was told? Without end where it tells more utterances, or fewer."""
    delivered = spans_of(before[: at + 1])
    opening = StreamOpening(
        delivered_upto_sample=max((span.end_sample for span in delivered), default=0), memory=memory_at(before, at)
    )
    again = spans_of(stepped(make_host(settings), "a", audio, before[at].replay_from_sample, opening, step_bytes))
    expected = spans_of(before[at + 1 :])
    if len(again) != len(expected):
        return math.inf
    bounds = [
        (abs(got.start_sample - wanted.start_sample), abs(got.end_sample - wanted.end_sample))
        for got, wanted in zip(again, expected, strict=True)
    ]
    return max((max(pair) for pair in bounds), default=0)
