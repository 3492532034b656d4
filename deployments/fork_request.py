"""What the fork server is asked for."""

import json
import os
import socket
from dataclasses import dataclass

from deployments.fork_client import LENGTH_BYTES, STREAMS

PART_BYTES = 1 << 16


@dataclass(frozen=True, slots=True)
class Request:
    """A process to become: its arguments, environment and working folder, and descriptors of its standard streams."""

    arguments: list[str]
    environment: dict[str, str]
    folder: str
    streams: list[int]

    def close(self) -> None:
        for stream in self.streams:
            os.close(stream)


def read_request(connection: socket.socket) -> Request | None:
    """None when the client went away in the midst of it."""
    head, streams, _, _ = socket.recv_fds(connection, LENGTH_BYTES, len(STREAMS))
    length = int.from_bytes(head, "big")
    text = bytearray()
    while len(text) < length and (part := connection.recv(PART_BYTES)):
        text += part
    if not length or len(text) < length:
        for stream in streams:
            os.close(stream)
        return None
    return Request(**json.loads(text), streams=streams)
