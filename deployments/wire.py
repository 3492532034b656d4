"""What travels between a lane and a gate replica: a tick of many streams as a few columns, and their replies.

A thousand small objects cost more to pickle than the audio they carry; columns do not, and audio is not pickled at all
on a direct line. Rows become columns and columns rows without a line of Python for each: this happens ten times a
second for every counter.
"""

from collections.abc import Sequence
from pickle import PickleBuffer
from typing import Any, NamedTuple

from pipeline.stages import GateReply, StreamId, StreamOpening, StreamTick

_new = tuple.__new__  # a row from its values; what the classes' own constructors do, after a call in Python


class TickColumns(NamedTuple):
    stream_ids: tuple[StreamId, ...]
    start_samples: tuple[int, ...]
    pcms: tuple[PickleBuffer, ...]  # memoryviews, or bytes, once they have arrived
    openings: tuple[StreamOpening | None, ...]
    finals: tuple[bool, ...]
    forget: list[StreamId]  # streams that moved away


class ReplyColumns(NamedTuple):
    """The fields of `GateReply` but its stream, a value for each row of the tick."""

    columns: tuple[tuple[Any, ...], ...]


def pack_ticks(ticks: Sequence[StreamTick], forget: list[StreamId]) -> TickColumns:
    if not ticks:
        return TickColumns((), (), (), (), (), forget)
    stream_ids, start_samples, pcms, openings, finals = zip(*ticks, strict=True)
    return TickColumns(stream_ids, start_samples, tuple(map(PickleBuffer, pcms)), openings, finals, forget)


def unpack_ticks(columns: TickColumns) -> list[StreamTick]:
    """Columns that have arrived."""
    return [_new(StreamTick, row) for row in zip(*columns[:-1], strict=True)]


def pack_replies(replies: Sequence[GateReply]) -> ReplyColumns:
    return ReplyColumns(tuple(zip(*replies, strict=True))[1:])


def unpack_replies(stream_ids: Sequence[StreamId], replies: ReplyColumns) -> list[GateReply]:
    return [_new(GateReply, row) for row in zip(stream_ids, *replies.columns, strict=True)]
