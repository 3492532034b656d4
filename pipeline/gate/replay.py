"""Where a lost stream may be taken up again, so that it comes to the same decisions.

The slow knowledge (offset, floor, speaker, crowd) goes with the reply as `memory`, and a replay leads in with the epoch
before, which only fills the look-back. The rest, the inside of a detector, of the model and of the segmenter, is a
hundred times as much. So a stream forgets it on purpose: between utterances, every few seconds, it restarts at an
epoch's boundary. Talk that leaves no room for that is taken up in its midst, and there `memory` carries everything.
"""

import struct
from collections import deque
from collections.abc import Sequence
from typing import NamedTuple
from zlib import crc32

from pipeline.audio import samples_from_ms
from pipeline.gate.grid import EPOCH_SAMPLES

RESTART_EVERY_SAMPLES = 5 * EPOCH_SAMPLES  # 4 s
FURTHEST_SAMPLES = samples_from_ms(8_000)  # after so long without a restart, a stream can be taken up without one

ROOM_ITEMS = 3  # of the numbers: what is followed all the time (offset, floors), the lead-in included
LEAST_NUMBERS = ROOM_ITEMS + 1  # and the patience
CHECK = struct.Struct("<I")  # of all that follows:
HEAD = struct.Struct("<HH")  # how many numbers, and how many of the segmenter's; then these, as doubles, and the inside


class Memory(NamedTuple):
    """What a stream knows."""

    numbers: Sequence[float]  # offset, the engine's, patience
    inside: bytes = b""  # of the engine, what it does not forget
    midst: Sequence[float] = ()  # the segmenter's; nothing between utterances


def pack(memory: Memory) -> bytes:
    numbers, inside, midst = memory
    head = HEAD.pack(len(numbers), len(midst))
    body = b"".join((head, struct.pack(f"<{len(numbers) + len(midst)}d", *numbers, *midst), inside))
    return CHECK.pack(crc32(body)) + body


def unpack(packed: bytes) -> Memory | None:
    """None when there is nothing, or nothing readable: a stream can always start without."""
    body = packed[CHECK.size :]
    if len(body) < HEAD.size or CHECK.unpack_from(packed) != (crc32(body),):
        return None
    count, more = HEAD.unpack_from(body)
    end = HEAD.size + 8 * (count + more)
    if count < LEAST_NUMBERS or len(body) < end:
        return None
    values = struct.unpack_from(f"<{count + more}d", body, HEAD.size)
    return Memory(values[:count], body[end:], values[count:])


class Checkpoints:
    """One stream's: (sample to replay from, packed memory to do it with)."""

    __slots__ = ("_before", "_found", "_origin", "_restarted_at", "_seen_at")

    def __init__(self, origin: int, memory: bytes, lead_until: int, midst: bool) -> None:
        self._origin = origin
        self._found: deque[tuple[int, bytes]] = deque([(origin, memory)])
        self._before: Sequence[float] = ()  # numbers at the end of the epoch before
        self._seen_at = lead_until  # where the last one was
        self._restarted_at = lead_until - RESTART_EVERY_SAMPLES * midst

    def at_epoch(self, consumed: int) -> bool:
        return (consumed - self._origin) % EPOCH_SAMPLES == 0

    def restart_due(self, consumed: int) -> bool:
        return bool(self._before) and consumed - self._restarted_at >= RESTART_EVERY_SAMPLES

    def midst_due(self, consumed: int) -> bool:
        """It is too long that a replay could begin."""
        return consumed - self._seen_at >= FURTHEST_SAMPLES

    def epoch(self, numbers: Sequence[float]) -> None:
        """An epoch ended, and this is what the stream knows."""
        self._before = numbers

    def restarted(self, consumed: int) -> None:
        self._restarted_at = consumed

    def put(self, consumed: int, memory: Memory) -> None:
        """A replay may listen from here on; to be called before `epoch`. It leads in with the epoch before."""
        numbers = [*self._before[:ROOM_ITEMS], *memory.numbers[ROOM_ITEMS:]]
        self._found.append((consumed - EPOCH_SAMPLES, pack(memory._replace(numbers=numbers))))
        self._seen_at = consumed

    def latest(self, decided_upto: int) -> tuple[int, bytes]:
        """The last one that all undecided audio comes after."""
        found = self._found
        while len(found) > 1 and found[1][0] <= decided_upto:
            found.popleft()
        return found[0]
