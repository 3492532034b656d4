"""The caller's end of direct lines: one to each replica of a deployment that this machine holds."""

import asyncio
import itertools
import socket
import sys
from typing import cast

from deployments.direct_frames import Frames, address, framed, same_user
from deployments.membership import ReplicaIds

# What goes out at once; the rest waits until the loop comes round again. Linux gives twice what is asked, up to
# net.core.wmem_max, and gives half as much to who asks for nothing.
SEND_BUFFER_BYTES = 4 << 20


class DirectCallError(Exception):
    """A call over a direct line came to nothing.

    ├── LineLost       the replica is gone; what it did of the call is not known
    └── MethodFailed   the method raised; the message is the error's type
    """


class LineLost(DirectCallError):
    """The replica is gone; what it did of the call is not known."""


class MethodFailed(DirectCallError):
    """The method raised; the message is the error's type."""


class DirectLine(asyncio.BufferedProtocol):
    """Calls to one replica, any number at once.

    One that is cancelled here runs on there: what it asked of a provider is under way, and holds its place in the
    account until it has ended. A provider that is left alone in the middle of a call still counts it for a while.
    """

    def __init__(self) -> None:
        self._frames = Frames()
        self._numbers = itertools.count()
        self._waiting: dict[int, asyncio.Future[object]] = {}
        self._leaving = False
        self.lost = False

    @property
    def calls(self) -> int:
        """Under way now."""
        return len(self._waiting)

    async def call(self, method: str, *arguments: object) -> object:
        """Raises LineLost, MethodFailed."""
        if self.lost:
            raise LineLost
        number = next(self._numbers)
        answer: asyncio.Future[object] = asyncio.get_running_loop().create_future()
        self._waiting[number] = answer
        try:
            self._transport.writelines(framed((number, method, arguments)))
            return await answer
        finally:
            del self._waiting[number]
            self._close_when_idle()

    def leave(self) -> None:
        """Close once the calls under way have ended."""
        self._leaving = True
        self._close_when_idle()

    def _close_when_idle(self) -> None:
        if self._leaving and not self._waiting:
            self._transport.close()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast(asyncio.Transport, transport)

    def connection_lost(self, error: Exception | None) -> None:
        self.lost = True
        for answer in self._waiting.values():
            if not answer.done():
                answer.set_exception(LineLost())

    def get_buffer(self, sizehint: int) -> memoryview:
        return self._frames.room()

    def buffer_updated(self, nbytes: int) -> None:
        for message in self._frames.arrived(nbytes):
            number, done, value = cast(tuple[int, bool, object], message)
            answer = self._waiting.get(number)
            if answer is None or answer.done():
                continue  # nobody waits for it any more
            if done:
                answer.set_result(value)
            else:
                answer.set_exception(MethodFailed(value))


class DirectLines:
    """The lines to a deployment's replicas, opened when first asked for."""

    def __init__(self) -> None:
        self._lines: dict[str, DirectLine | None] = {}  # None: it cannot be reached from here
        self._opening = asyncio.Lock()

    def update(self, replicas: ReplicaIds) -> None:
        """Forget replicas that are going; calls under way there still end."""
        for replica_id in self._lines.keys() - replicas:
            if line := self._lines.pop(replica_id):
                line.leave()

    async def to(self, replica_id: str) -> DirectLine | None:
        """None where only Serve reaches the replica."""
        if replica_id not in self._lines:
            async with self._opening:
                if replica_id not in self._lines:
                    self._lines[replica_id] = await _open(replica_id)
        line = self._lines[replica_id]
        return None if line is None or line.lost else line

    def calls(self, replica_id: str) -> int:
        """Under way over the line to this replica."""
        line = self._lines.get(replica_id)
        return line.calls if line else 0

    def close(self) -> None:
        self.update(frozenset())


async def _open(replica_id: str) -> DirectLine | None:
    if sys.platform != "linux":
        return None
    connecting = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    connecting.setblocking(False)
    connecting.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, SEND_BUFFER_BYTES)
    try:
        connecting.connect(address(replica_id))  # at once or not at all: it is this machine
        if not same_user(connecting):
            raise PermissionError
        _, line = await asyncio.get_running_loop().create_unix_connection(DirectLine, sock=connecting)
    except OSError:
        connecting.close()
        return None
    return line
