"""What travels between a lane and a gate replica: a tick of many streams as a few columns, and their replies.

A thousand small objects cost more to pickle than the audio they carry; columns do not, and audio is not pickled at all
on a direct line. Rows become columns and columns rows without a line of Python for each: this happens ten times a
second for every counter.
"""

from collections.abc import Sequence
from itertools import accumulate
from pickle import PickleBuffer
from typing import Any, NamedTuple

from pipeline.stages import GateReply, StreamId, StreamOpening, StreamTick

_new = tuple.__new__  # a row from its values; what the classes' own constructors do, after a call in Python


class TickColumns(NamedTuple):
    stream_ids: tuple[StreamId, ...]
    start_samples: tuple[int, ...]
    sizes: tuple[int, ...]  # of each stream's audio, in bytes
    pcm: PickleBuffer  # all of it, end to end; a memoryview, or bytes, once it has arrived
    openings: tuple[StreamOpening | None, ...]
    finals: tuple[bool, ...]
    forget: list[StreamId]  # streams that moved away


class ReplyColumns(NamedTuple):
    """The fields of `GateReply` but its stream and `news`, of the rows of the tick in `places`: others have none."""

    places: tuple[int, ...]
    columns: tuple[tuple[Any, ...], ...]


def pack_ticks(ticks: Sequence[StreamTick], forget: list[StreamId]) -> TickColumns:
    if not ticks:
        return TickColumns((), (), (), PickleBuffer(b""), (), (), forget)
    stream_ids, start_samples, pcms, openings, finals = zip(*ticks, strict=True)
    audio = PickleBuffer(b"".join(pcms))
    return TickColumns(stream_ids, start_samples, tuple(map(len, pcms)), audio, openings, finals, forget)


def unpack_ticks(columns: TickColumns) -> list[StreamTick]:
    """Columns that have arrived."""
    audio = memoryview(columns.pcm)
    ends = accumulate(columns.sizes)
    pcms = [audio[end - size : end] for size, end in zip(columns.sizes, ends, strict=True)]
    rows = zip(columns.stream_ids, columns.start_samples, pcms, columns.openings, columns.finals, strict=True)
    return [_new(StreamTick, row) for row in rows]


def pack_replies(replies: Sequence[GateReply]) -> ReplyColumns:
    places = tuple(place for place, reply in enumerate(replies) if reply.news)
    return ReplyColumns(places, tuple(zip(*(replies[place] for place in places), strict=True))[1:-1])


def unpack_replies(stream_ids: Sequence[StreamId], replies: ReplyColumns) -> list[GateReply | None]:
    """A reply for each row of the tick, None where it would be no news."""
    told: list[GateReply | None] = [None] * len(stream_ids)
    for place, *values in zip(replies.places, *replies.columns, strict=True):
        told[place] = _new(GateReply, (stream_ids[place], *values, True))
    return told
