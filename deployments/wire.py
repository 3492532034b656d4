"""What travels between a lane and a gate replica: a tick of many streams as a few flat columns.

A thousand small objects cost more to pickle than the audio they carry; columns of numbers and one block of PCM do not.
"""

from collections.abc import Sequence
from typing import NamedTuple

from pipeline.stages import GateReply, SpeechSpan, StreamId, StreamOpening, StreamTick


class TickColumns(NamedTuple):
    stream_ids: list[StreamId]
    start_samples: list[int]
    lengths: list[int]  # bytes of each stream in `pcm`
    pcm: bytes
    openings: dict[int, StreamOpening]  # by row
    finals: list[int]  # rows
    forget: list[StreamId]  # streams that moved away


class ReplyColumns(NamedTuple):
    unknown: list[int]  # rows
    decided_upto_samples: list[int]
    replay_from_samples: list[int]
    speech_since_samples: list[int]  # -1: no utterance is open
    closing: list[int]  # rows
    spans: dict[int, tuple[SpeechSpan, ...]]  # by row
    memories: list[bytes]


def pack_ticks(ticks: Sequence[StreamTick], forget: list[StreamId]) -> TickColumns:
    return TickColumns(
        [tick.stream_id for tick in ticks],
        [tick.start_sample for tick in ticks],
        [len(tick.pcm) for tick in ticks],
        b"".join([tick.pcm for tick in ticks]),
        {row: tick.opening for row, tick in enumerate(ticks) if tick.opening is not None},
        [row for row, tick in enumerate(ticks) if tick.final],
        forget,
    )


def unpack_ticks(columns: TickColumns) -> list[StreamTick]:
    ticks: list[StreamTick] = []
    finals = set(columns.finals)
    at = 0
    for row, (stream_id, start, length) in enumerate(
        zip(columns.stream_ids, columns.start_samples, columns.lengths, strict=True)
    ):
        pcm = columns.pcm[at : at + length]
        ticks.append(StreamTick(stream_id, start, pcm, columns.openings.get(row), row in finals))
        at += length
    return ticks


def pack_replies(replies: Sequence[GateReply]) -> ReplyColumns:
    return ReplyColumns(
        [row for row, reply in enumerate(replies) if not reply.known],
        [reply.decided_upto_sample for reply in replies],
        [reply.replay_from_sample for reply in replies],
        [-1 if reply.speech_since_sample is None else reply.speech_since_sample for reply in replies],
        [row for row, reply in enumerate(replies) if reply.closing],
        {row: reply.spans for row, reply in enumerate(replies) if reply.spans},
        [reply.memory for reply in replies],
    )


def unpack_replies(stream_ids: Sequence[StreamId], columns: ReplyColumns) -> list[GateReply]:
    unknown, closing = set(columns.unknown), set(columns.closing)
    return [
        GateReply(
            stream_id,
            row not in unknown,
            decided,
            replay,
            columns.spans.get(row, ()),
            None if since < 0 else since,
            row in closing,
            memory,
        )
        for row, (stream_id, decided, replay, since, memory) in enumerate(
            zip(
                stream_ids,
                columns.decided_upto_samples,
                columns.replay_from_samples,
                columns.speech_since_samples,
                columns.memories,
                strict=True,
            )
        )
    ]
