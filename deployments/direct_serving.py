"""The replica's end of a direct line: its methods, called over a socket of this machine.

A call through Serve costs some 1.2 ms of CPU, both ends together; over such a line a tenth of it. Who cannot reach the
line (another node, another system than Linux) calls through Serve as ever.
"""

import asyncio
import contextvars
import logging
import socket
import sys
from collections.abc import Awaitable, Callable, Mapping
from typing import Any, cast

from ray import serve

from deployments.direct_frames import Frames, address, framed, same_user

logger = logging.getLogger(__name__)

Method = Callable[..., Awaitable[object]]

BACKLOG = 64
GRACE_S = 10.0  # what is under way may take this long once the replica is told to end


class DirectServer:
    """Answers calls of `methods` by name until closed."""

    def __init__(self, methods: Mapping[str, Method]) -> None:
        self.methods = methods
        self._server: asyncio.Server | None = None
        self.lines: set[_Line] = set()
        self.closing = False

    @property
    def calls(self) -> int:
        """Under way now."""
        return sum(len(line.tasks) for line in self.lines)

    async def open(self, replica_id: str) -> None:
        if sys.platform != "linux":
            return
        listening = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        try:
            listening.bind(address(replica_id))
        except OSError as error:  # Serve's own calls still work
            logger.warning("no direct line to %s: %s", replica_id, error)
            listening.close()
            return
        listening.listen(BACKLOG)
        loop = asyncio.get_running_loop()
        self._server = await loop.create_unix_server(lambda: _Line(self), sock=listening)

    async def close(self) -> None:
        """No new lines; what is under way ends first."""
        self.closing = True
        if self._server is not None:
            self._server.close()
        if under_way := {task for line in self.lines for task in line.tasks.values()}:
            await asyncio.wait(under_way, timeout=GRACE_S)
        for line in list(self.lines):
            line.close()


async def serve_directly(methods: Mapping[str, Method]) -> DirectServer:
    """The server of the replica that runs this, open."""
    server = DirectServer(methods)
    await server.open(serve.get_replica_context().replica_id.unique_id)
    return server


class CalledDirectly:
    """A replica whose calls `deployments.scaling.by_calls` counts. Sets `_direct` when it is made."""

    _direct: DirectServer

    def record_autoscaling_stats(self) -> dict[str, float]:
        return {"calls": float(self._direct.calls)}

    async def ready(self) -> bool:
        return True


class _Line(asyncio.BufferedProtocol):
    def __init__(self, server: DirectServer) -> None:
        self._lines = server.lines
        self._server = server
        self._frames = Frames()
        self.tasks: dict[int, asyncio.Task[None]] = {}

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast(asyncio.Transport, transport)
        if self._server.closing or not same_user(transport.get_extra_info("socket")):
            self._transport.abort()
        else:
            self._lines.add(self)

    def connection_lost(self, error: Exception | None) -> None:
        self._lines.discard(self)
        for task in self.tasks.values():
            task.cancel()

    def get_buffer(self, sizehint: int) -> memoryview:
        return self._frames.room()

    def buffer_updated(self, nbytes: int) -> None:
        if self not in self._lines:
            return
        for message in self._frames.arrived(nbytes):
            number, method, arguments = cast(tuple[int, str, tuple[object, ...]], message)
            work = self._answer(number, method, arguments)
            self.tasks[number] = asyncio.create_task(work, name=f"{method} {number}", context=contextvars.Context())

    async def _answer(self, number: int, method: str, arguments: tuple[Any, ...]) -> None:
        try:
            answer: tuple[int, bool, object] = (number, True, await self._server.methods[method](*arguments))
        except Exception as error:  # whatever a stage raises: it belongs to the caller
            answer = (number, False, type(error).__name__)
        finally:
            del self.tasks[number]
        self._transport.writelines(framed(answer))

    def close(self) -> None:
        self._transport.close()
