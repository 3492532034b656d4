"""Where a lost stream may be taken up again, so that it comes to the same decisions.

Some of what a gate knows cannot be carried along (the inside of a WebRTC detector). So a stream forgets those
parts on purpose: between utterances, every few seconds, it restarts at an epoch's boundary. The slow knowledge
(offset, floor, speaker, crowd) goes with the reply as `memory`, and a replay leads in with the epoch before,
which only fills the look-back. From there on, the replay is the same computation, but for an engine that restarts
nothing (`webrtc`).
"""

import struct
from collections import deque
from collections.abc import Sequence

from pipeline.audio import samples_from_ms
from pipeline.gate.grid import EPOCH_SAMPLES

RESTART_EVERY_SAMPLES = 5 * EPOCH_SAMPLES  # 4 s
FURTHEST_SAMPLES = samples_from_ms(20_000)  # an utterance that begins later than this after a restart ...
WARM_UP_SAMPLES = 2 * EPOCH_SAMPLES  # ... is replayed from this long before it, to nearly the same decisions
RECENT_EPOCHS = 24  # more than the longest utterance has by default

LEAST_ITEMS = 2  # of a memory: offset and patience, with the engine's between them
ROOM_ITEMS = 3  # of a memory: what is followed all the time (offset, floors), the lead-in included


def pack(memory: Sequence[float]) -> bytes:
    return struct.pack(f"<{len(memory)}d", *memory)


def unpack(memory: bytes) -> list[float] | None:
    """None when there is nothing, or nothing readable: a stream can always start without."""
    if len(memory) < 8 * LEAST_ITEMS or len(memory) % 8:
        return None
    return list(struct.unpack(f"<{len(memory) // 8}d", memory))


class Checkpoints:
    """One stream's: (sample to replay from, memory to do it with)."""

    __slots__ = ("_exact", "_origin", "_recent", "_restarted_at")

    def __init__(self, origin: int, memory: bytes, lead_until: int) -> None:
        self._origin = origin
        self._exact: deque[tuple[int, bytes]] = deque([(origin, memory)])
        self._recent: deque[tuple[int, Sequence[float]]] = deque(maxlen=RECENT_EPOCHS)
        self._restarted_at = lead_until

    def at_epoch(self, consumed: int) -> bool:
        return (consumed - self._origin) % EPOCH_SAMPLES == 0

    def restart_due(self, consumed: int) -> bool:
        return consumed - self._restarted_at >= RESTART_EVERY_SAMPLES

    def epoch(self, consumed: int, memory: Sequence[float]) -> None:
        """An epoch ended, and this is what the stream knows."""
        self._recent.append((consumed, memory))

    def restart(self, consumed: int, memory: Sequence[float]) -> None:
        """The stream restarts here; to be called before `epoch`. A replay leads in with the epoch before."""
        self._restarted_at = consumed
        sample, before = self._recent[-1]
        self._exact.append((sample, pack([*before[:ROOM_ITEMS], *memory[ROOM_ITEMS:]])))

    def latest(self, decided_upto: int) -> tuple[int, bytes]:
        """The last one that all undecided audio comes after."""
        exact = self._exact
        while len(exact) > 1 and exact[1][0] <= decided_upto:
            exact.popleft()
        if decided_upto - exact[0][0] > FURTHEST_SAMPLES:
            warm = [entry for entry in self._recent if exact[0][0] < entry[0] <= decided_upto - WARM_UP_SAMPLES]
            if warm:
                return warm[-1][0], pack(warm[-1][1])
        return exact[0]
