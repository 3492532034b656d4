"""What one connection may have in flight is bounded, though Ray Serve reads a WebSocket without limit.

Serve copies what a WebSocket sends into a queue without limit, through a task of its own, unless a request says that
its end need not be watched for. Our sockets watch for it themselves: every WebSocket is made to say so. Then uvicorn
stops reading a connection while a message waits, and audio goes straight to its conversation (`audio_socket`), which
closes a counter too far ahead of real time. This takes user code on the replica's own event loop
(`RAY_SERVE_RUN_USER_CODE_IN_SEPARATE_THREAD=0`, see deployments.cluster).

Serve is pointed here, in each process that serves HTTP, by `RAY_SERVE_HTTP_PROXY_CALLBACK_IMPORT_PATH`.
"""

import uvicorn
import uvicorn.config
from ray.serve._private.constants import SERVE_HTTP_REQUEST_DISCONNECT_DISABLED_HEADER
from starlette.middleware import Middleware
from starlette.types import ASGIApp, Receive, Scope, Send

from deployments.socket_server import SocketServer

UNWATCHED = (SERVE_HTTP_REQUEST_DISCONNECT_DISABLED_HEADER.encode(), b"?1")


class UnbufferedWebSockets:
    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "websocket":
            scope["headers"] = [*scope["headers"], UNWATCHED]
        await self._app(scope, receive, send)


def middlewares() -> list[Middleware]:
    """Called before the process's uvicorn is made: Serve leaves the WebSocket's class to uvicorn's default."""
    uvicorn.config.WS_PROTOCOLS["auto"] = "deployments.audio_socket:AudioWebSocket"
    uvicorn.Server = SocketServer  # type: ignore[misc]
    return [Middleware(UnbufferedWebSockets)]
