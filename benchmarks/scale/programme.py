"""What every counter plays, over and over: the recorded dialogues, with the room's own noise between customers.

Each counter begins at another place. Frames are made once, masked and ready for the wire, so that the generator's
work per chunk is one write.
"""

from collections.abc import Iterator

import numpy as np
from websockets.frames import Frame, Opcode

from sandbox.recordings import load_dialogues

SAMPLE_RATE_HZ = 16_000
BETWEEN_CUSTOMERS_S = 8.0
ROOM_DBFS = -58.0
SEED = 4


def programme() -> bytes:
    """About two minutes of PCM; voices speak about 45 % of it."""
    noise = np.random.default_rng(SEED)
    scale = 32_768 * 10 ** (ROOM_DBFS / 20)
    parts: list[bytes] = []
    for dialogue in load_dialogues():
        quiet = noise.normal(0, scale, round(BETWEEN_CUSTOMERS_S * SAMPLE_RATE_HZ))
        parts += [dialogue.samples().astype("<i2").tobytes(), np.round(quiet).astype("<i2").tobytes()]
    return b"".join(parts)


def frames(pcm: bytes, chunk_ms: int) -> list[bytes]:
    """WebSocket messages of `chunk_ms` each, as a client puts them on the wire; a shorter rest is left out."""
    size = SAMPLE_RATE_HZ * 2 * chunk_ms // 1000
    return [Frame(Opcode.BINARY, chunk).serialize(mask=True) for chunk in _whole_chunks(pcm, size)]


def _whole_chunks(pcm: bytes, size: int) -> Iterator[bytes]:
    for start in range(0, len(pcm) - size + 1, size):
        yield pcm[start : start + size]
