"""What travels on a direct line: pickled messages, each after its length.

As between all of Ray's own processes the contents are pickles: both ends must be of one user (see `same_user`).
"""

import os
import pickle
import socket
import struct
from collections.abc import Iterator

LENGTH = struct.Struct("!I")
CREDENTIALS = struct.Struct("iII")  # pid, uid, gid: unix(7), SO_PEERCRED


def framed(message: object) -> bytes:
    body = pickle.dumps(message, pickle.HIGHEST_PROTOCOL)
    return LENGTH.pack(len(body)) + body


class Frames:
    """Messages out of a stream of bytes."""

    def __init__(self) -> None:
        self._waiting = bytearray()

    def feed(self, data: bytes) -> Iterator[object]:
        self._waiting += data
        at = 0
        while len(self._waiting) >= at + LENGTH.size:
            begin = at + LENGTH.size
            end = begin + LENGTH.unpack_from(self._waiting, at)[0]
            if len(self._waiting) < end:
                break
            with memoryview(self._waiting) as view, view[begin:end] as body:
                message = pickle.loads(body)
            at = end
            yield message
        del self._waiting[:at]


def address(replica_id: str) -> str:
    """In Linux's abstract namespace: nothing on disk, gone with the process, reachable within this machine only."""
    return f"\0balto-{replica_id}"


def same_user(connected: socket.socket) -> bool:
    """Whether the other end runs as this process's user: an abstract address has no permissions."""
    found = connected.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, CREDENTIALS.size)
    return bool(CREDENTIALS.unpack(found)[1] == os.geteuid())
