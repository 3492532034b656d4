"""uvicorn on a Unix socket beside its port, for the HAProxy of the same machine (`haproxy_sockets`)."""

import asyncio
import logging
import os
import socket
from contextlib import suppress
from pathlib import Path

import uvicorn

from deployments.haproxy_sockets import FOLDER, socket_path

logger = logging.getLogger(__name__)


class SocketServer(uvicorn.Server):
    """uvicorn's own server, which also listens in the folder that the environment names, if it names one.

    What connects there is served, and seen off at the end, like what connects to the port.
    """

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        if folder := os.environ.get(FOLDER):
            await self._listen(socket_path(Path(folder), self.config.port))

    async def _listen(self, path: Path) -> None:
        config = self.config

        def connected() -> asyncio.Protocol:
            return config.http_protocol_class(  # type: ignore[call-arg]
                config=config, server_state=self.server_state, app_state=self.lifespan.state
            )

        try:
            # In the place of what a replica left there that was killed.
            server = await asyncio.get_running_loop().create_unix_server(connected, path, backlog=config.backlog)
        except OSError as error:
            logger.warning("no socket for HAProxy at %s, which takes the port: %s", path, error)
            with suppress(OSError):
                os.unlink(path)  # of another replica, that had this port before
        else:
            self.servers.append(server)
