"""WebSockets say that their end need not be watched for; requests are left alone."""

from ray.serve._private.http_util import parse_disconnect_disabled_header, validate_http_proxy_callback_return
from starlette.types import Receive, Scope, Send

from deployments.backpressure import UnbufferedWebSockets, middlewares


async def seen_by_serve(scope: Scope) -> bool:
    seen: list[bool] = []

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        seen.append(parse_disconnect_disabled_header(dict(scope["headers"])))

    async def nothing(*_: object) -> None: ...

    await UnbufferedWebSockets(app)(scope, nothing, nothing)  # type: ignore[arg-type]
    return seen[0]


async def test_only_websockets_are_unwatched() -> None:
    assert await seen_by_serve({"type": "websocket", "headers": [(b"host", b"x")]})
    assert not await seen_by_serve({"type": "http", "headers": [(b"host", b"x")]})


def test_serve_takes_what_the_callback_returns() -> None:
    assert len(validate_http_proxy_callback_return(middlewares())) == 1
