"""Events as lines of text, in the files of a spool and of the registry.

A line is `<crc32 of the rest, 8 hex digits> <sequence> <event class> <JSON>`. The checksum lets a reader skip
a line torn by a crash or a flipped bit, instead of giving up the file.
"""

import zlib
from collections.abc import Iterable
from dataclasses import dataclass, fields
from typing import Any, get_args

from pydantic import TypeAdapter, ValidationError
from pydantic_core import PydanticSerializationError

from pipeline.events import Event

_ADAPTERS: dict[type[Any], TypeAdapter[Any]] = {kind: TypeAdapter(kind) for kind in get_args(Event)}
_NAMES = {kind: kind.__name__.encode() for kind in _ADAPTERS}
_TO_JSON = {kind: adapter.serializer.to_json for kind, adapter in _ADAPTERS.items()}
_FROM_JSON = {_NAMES[kind]: adapter.validator.validate_json for kind, adapter in _ADAPTERS.items()}


@dataclass(frozen=True, slots=True)
class Sequenced:
    seq: int
    event: Event


def encode(seq: int, event: Event) -> bytes:
    kind = type(event)
    try:
        json = _TO_JSON[kind](event)
    except PydanticSerializationError:
        json = _TO_JSON[kind](_writable(event))
    body = b"%d %b %b" % (seq, _NAMES[kind], json)
    return b"%08x %b\n" % (zlib.crc32(body), body)


def _writable(event: Event) -> Event:
    """With "?" for half a surrogate pair, which a provider's JSON can name and UTF-8 has no bytes for."""
    values = {field.name: getattr(event, field.name) for field in fields(event)}
    return type(event)(**{name: _in_utf8(value) for name, value in values.items()})


def _in_utf8(value: Any) -> Any:
    if isinstance(value, tuple):
        return tuple(_in_utf8(part) for part in value)
    return value.encode("utf-8", "replace").decode() if type(value) is str else value


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
    _, _, kind, json = line.split(b" ", 3)
    from_json = _FROM_JSON.get(kind)
    if from_json is None:
        return None
    try:
        return Sequenced(seq, from_json(json))
    except ValidationError:
        return None


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
