"""Events as lines of text: in the spool's files, and in the batches sent to the writer.

A line is `<crc32 of the rest, 8 hex digits> <sequence> <event class> <JSON>`. The checksum lets a reader skip
a line torn by a crash or a flipped bit, instead of giving up the file.
"""

import zlib
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any, get_args

from pydantic import TypeAdapter, ValidationError

from pipeline.events import Event

_ADAPTERS: dict[str, TypeAdapter[Any]] = {kind.__name__: TypeAdapter(kind) for kind in get_args(Event)}


@dataclass(frozen=True, slots=True)
class Batch:
    """Consecutive events of one origin; `payload` is their lines. Small (under `batch_bytes`) and picklable."""

    origin: str
    first_seq: int
    last_seq: int
    payload: bytes


@dataclass(frozen=True, slots=True)
class Sequenced:
    seq: int
    event: Event


def encode(seq: int, event: Event) -> bytes:
    kind = type(event).__name__
    body = b"%d %s %s" % (seq, kind.encode(), _ADAPTERS[kind].dump_json(event))
    return b"%08x %s\n" % (zlib.crc32(body), body)


def line_seq(line: bytes) -> int | None:
    """The sequence number of a line without its newline, or None when the line is damaged."""
    checksum, _, body = line.partition(b" ")
    try:
        intact = len(checksum) == 8 and int(checksum, 16) == zlib.crc32(body)
        return int(body.partition(b" ")[0]) if intact else None
    except ValueError:
        return None


def decode_line(line: bytes) -> Sequenced | None:
    """None for a damaged line, or an event of a class this version does not know."""
    seq = line_seq(line)
    if seq is None:
        return None
    _, kind, json = line[9:].split(b" ", 2)
    adapter = _ADAPTERS.get(kind.decode())
    if adapter is None:
        return None
    try:
        return Sequenced(seq, adapter.validate_json(json))
    except ValidationError:
        return None


def decode(batch: Batch) -> Iterator[Sequenced]:
    """The batch's readable events, in order."""
    for line in batch.payload.splitlines():
        found = decode_line(line)
        if found is not None:
            yield found


def pack(origin: str, lines: Sequence[tuple[int, bytes]]) -> Batch:
    """A batch of (sequence, line with its newline) pairs; at least one."""
    return Batch(origin, lines[0][0], lines[-1][0], b"".join(line for _, line in lines))


def take(lines: Iterable[tuple[int, bytes]], most_bytes: int) -> list[tuple[int, bytes]]:
    """Lines up to `most_bytes` in all, but never none when there is one."""
    taken: list[tuple[int, bytes]] = []
    size = 0
    for seq, line in lines:
        size += len(line)
        if taken and size > most_bytes:
            break
        taken.append((seq, line))
    return taken
