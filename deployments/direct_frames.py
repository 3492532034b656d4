"""What travels on a direct line: pickled messages, and beside each the audio it carries, untouched.

A pickle's own copy of a tick's audio, the copy behind its length, the one into a buffer of bytes received and the one
out of it again cost more than the rest of a call. Buffers of pickle's protocol 5 (PEP 574) go out as they are and come
in where they stay. As between all of Ray's own processes the contents are pickles: both ends must be of one user (see
`same_user`).
"""

import os
import pickle
import socket
import struct
from array import array
from collections.abc import Iterator
from typing import Final

HEAD = struct.Struct("=III")  # the whole frame, its pickle, how many buffers; their lengths follow, all in bytes
LENGTHS: Final = "I"
CREDENTIALS = struct.Struct("iII")  # pid, uid, gid: unix(7), SO_PEERCRED
BLOCK_BYTES = 1 << 16


def framed(message: object) -> list[bytes | memoryview]:
    """The pieces of a frame, in order. Every `pickle.PickleBuffer` in `message` arrives as a memoryview."""
    buffers: list[pickle.PickleBuffer] = []
    body = pickle.dumps(message, pickle.HIGHEST_PROTOCOL, buffer_callback=buffers.append)
    pieces = [buffer.raw() for buffer in buffers]
    lengths = array(LENGTHS, map(len, pieces))
    size = HEAD.size + len(lengths) * lengths.itemsize + len(body) + sum(lengths)
    return [HEAD.pack(size, len(body), len(lengths)) + lengths.tobytes() + body, *pieces]


class Frames:
    """Messages out of a stream of bytes, which comes into `room()`; a message's buffers stay where they came in."""

    def __init__(self) -> None:
        self._block = bytearray(BLOCK_BYTES)
        self._filled = 0

    def room(self) -> memoryview:
        """Where the next bytes belong; never empty."""
        return memoryview(self._block)[self._filled :]

    def arrived(self, count: int) -> Iterator[object]:
        """The messages that are whole once `count` more bytes are in `room()`."""
        self._filled += count
        at, kept = 0, False
        while self._filled >= at + HEAD.size:
            size, body, buffers = HEAD.unpack_from(self._block, at)
            if self._filled < at + size:
                break
            yield _message(memoryview(self._block)[at + HEAD.size : at + size], body, buffers)
            at, kept = at + size, kept or buffers > 0
        self._go_on(at, kept)

    def _go_on(self, at: int, kept: bool) -> None:
        """What arrived from `at` on is the beginning of a frame, and needs room for the rest of it."""
        rest = self._filled - at
        needed = HEAD.unpack_from(self._block, at)[0] if rest >= HEAD.size else 0
        block = bytearray(max(BLOCK_BYTES, needed)) if kept or needed > len(self._block) else self._block
        if at or block is not self._block:
            block[:rest] = self._block[at : self._filled]
        self._block, self._filled = block, rest


def _message(frame: memoryview, body: int, buffers: int) -> object:
    at = buffers * array(LENGTHS).itemsize
    lengths = frame[:at].cast(LENGTHS)
    pickled, at = frame[at : at + body], at + body
    views = []
    for length in lengths:
        views.append(frame[at : at + length])
        at += length
    return pickle.loads(pickled, buffers=views)


def address(replica_id: str) -> str:
    """In Linux's abstract namespace: nothing on disk, gone with the process, reachable within this machine only."""
    return f"\0balto-{replica_id}"


def same_user(connected: socket.socket) -> bool:
    """Whether the other end runs as this process's user: an abstract address has no permissions."""
    found = connected.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, CREDENTIALS.size)
    return bool(CREDENTIALS.unpack(found)[1] == os.geteuid())
