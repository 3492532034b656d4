"""One socket to the server, single use: authenticate, send audio and commands, receive messages."""

from collections.abc import AsyncIterator
from types import TracebackType
from typing import Self

from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed, InvalidHandshake, InvalidURI

from client.errors import BAD_KEY, ClientError, ConnectionLost, KeyRefused
from client.messages import ServerMessage, auth, parse_server_message


class Connection:
    """Use as `async with`. The server does not answer a good key (version 1); a bad one ends the iteration
    with KeyRefused. Losing the socket raises ConnectionLost, from whichever call notices.
    """

    def __init__(self, url: str, api_key: str, *, version: int = 1, open_timeout_s: float = 10.0) -> None:
        self._url = url
        self._api_key = api_key
        self._version = version
        self._open_timeout_s = open_timeout_s
        self._socket: ClientConnection | None = None

    async def __aenter__(self) -> Self:
        if self._socket is not None:
            raise RuntimeError("a Connection is single use")
        try:
            # PCM does not compress, and a proxy meant for the web must not stand between a counter and its server.
            self._socket = await connect(
                self._url, compression=None, proxy=None, open_timeout=self._open_timeout_s, close_timeout=2.0
            )
        except InvalidURI:
            raise ClientError(f"{self._url} is not a WebSocket address; write it as ws://HOST:8765/ws") from None
        except (OSError, TimeoutError, InvalidHandshake, ConnectionClosed) as error:
            raise ConnectionLost(None, f"{self._url}: {error or 'timed out'}") from error
        try:
            await self.send(auth(self._api_key, self._version))
        except BaseException:
            await self._socket.close()
            raise
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self._open.close()

    async def send(self, message: bytes | str) -> None:
        """Audio as bytes (16 kHz 16-bit mono PCM, any length), commands as text. Waits when the network is slow."""
        try:
            await self._open.send(message)
        except ConnectionClosed as closed:
            raise _why(closed) from closed

    async def confirm(self) -> None:
        """Wait until the server has taken everything that was sent: closing at once may outrun it."""
        try:
            await (await self._open.ping())
        except ConnectionClosed as closed:
            raise _why(closed) from closed

    async def __aiter__(self) -> AsyncIterator[ServerMessage]:
        """Messages until the socket closes, which always raises."""
        while True:
            try:
                text = await self._open.recv()
            except ConnectionClosed as closed:
                raise _why(closed) from closed
            if isinstance(text, str):
                yield parse_server_message(text)

    @property
    def _open(self) -> ClientConnection:
        if self._socket is None:
            raise RuntimeError("enter the Connection first")
        return self._socket


def _why(closed: ConnectionClosed) -> ClientError:
    code = closed.rcvd.code if closed.rcvd else 1006
    reason = closed.rcvd.reason if closed.rcvd else "the connection broke"
    if code == BAD_KEY:
        return KeyRefused(f"the server refused the key: {reason or 'unknown or revoked'}")
    return ConnectionLost(code, reason or "no reason given")
