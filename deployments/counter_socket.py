"""One counter's WebSocket: the key first, then audio and commands, until either side ends it."""

import asyncio
import logging
from typing import Any

from starlette.websockets import WebSocket, WebSocketDisconnect, WebSocketState

from configs.ingress import IngressSettings
from deployments.audio_socket import EXTENSION
from pipeline.conversation.attending import CounterGone
from pipeline.conversation.conversation import Conversation, TooFarAhead
from pipeline.protocol import Auth, CloseCode, Feedback, MessageError, encode, parse_message

logger = logging.getLogger(__name__)


class Closing(Exception):
    """The server ends the connection with this code and reason."""

    def __init__(self, code: CloseCode, reason: str) -> None:
        super().__init__(reason)
        self.code = code
        self.reason = reason


class CounterSocket:
    """The wire of one counter. Messages are sent one at a time; a counter that does not read is gone."""

    def __init__(self, socket: WebSocket, settings: IngressSettings) -> None:
        self._socket = socket
        self._settings = settings
        self._sending = asyncio.Lock()

    async def accept(self) -> None:
        await self._socket.accept()

    async def key(self) -> Auth:
        """The first message. Raises Closing with 4001 for anything else, or nothing within `auth_timeout_s`."""
        try:
            async with asyncio.timeout(self._settings.auth_timeout_s):
                event = await self._receive()
        except TimeoutError:
            raise Closing(CloseCode.BAD_KEY, "nenhuma chave recebida a tempo") from None
        try:
            message = parse_message(event.get("text") or "")
        except MessageError as error:
            raise Closing(CloseCode.BAD_KEY, f"a primeira mensagem deve ser auth: {error}") from None
        if not isinstance(message, Auth):
            raise Closing(CloseCode.BAD_KEY, "a primeira mensagem deve ser auth")
        return message

    async def pump(self, conversation: Conversation) -> int:
        """Feed the conversation until the counter leaves; returns its close code. Raises Closing."""
        refused: asyncio.Future[None] = asyncio.get_running_loop().create_future()

        def take(pcm: bytes) -> None:
            try:
                self._listen(conversation, pcm)
            except Closing as closing:
                if not refused.done():
                    refused.set_exception(closing)

        reading = asyncio.create_task(self._read(conversation), name=f"reading {conversation.session_id}")
        try:
            if take_audio := self._socket.scope.get("extensions", {}).get(EXTENSION):
                take_audio(take)
            await asyncio.wait((reading, refused), return_when=asyncio.FIRST_COMPLETED)
            if refused.done():
                refused.result()
            return await reading
        finally:
            reading.cancel()
            refused.cancel()

    async def _read(self, conversation: Conversation) -> int:
        """Commands, and audio where the server does not hand it over itself; returns the close code."""
        try:
            while True:
                event = await self._receive()
                if pcm := event.get("bytes"):
                    self._listen(conversation, pcm)
                elif text := event.get("text"):
                    self._command(conversation, text)
        except WebSocketDisconnect as left:
            return left.code

    def _listen(self, conversation: Conversation, pcm: bytes) -> None:
        if len(pcm) > self._settings.max_message_bytes:
            raise Closing(CloseCode.TOO_BIG, "mensagem de áudio grande demais")
        try:
            conversation.listen(pcm)
        except TooFarAhead:
            raise Closing(CloseCode.TOO_FAST, "áudio mais rápido que o tempo real") from None

    def _command(self, conversation: Conversation, text: str) -> None:
        """What the protocol does not know is ignored, so that newer clients keep working; so is a second auth."""
        if len(text) > self._settings.max_message_bytes:
            raise Closing(CloseCode.TOO_BIG, "mensagem grande demais")
        try:
            message = parse_message(text)
        except MessageError:
            return
        if isinstance(message, Feedback):
            conversation.feedback(message)

    async def send(self, message: dict[str, Any]) -> None:
        """Raises CounterGone."""
        try:
            async with asyncio.timeout(self._settings.send_timeout_s), self._sending:
                await self._socket.send_text(encode(message))
        except (TimeoutError, RuntimeError, OSError, WebSocketDisconnect) as error:
            raise CounterGone from error

    async def close(self, code: CloseCode, reason: str) -> None:
        if self._socket.application_state is WebSocketState.DISCONNECTED:
            return
        try:
            async with asyncio.timeout(self._settings.send_timeout_s):
                await self._socket.close(code, reason[:120])
        except (TimeoutError, RuntimeError, OSError, WebSocketDisconnect):
            logger.debug("the counter left before the close frame")

    async def _receive(self) -> Any:
        """An ASGI event. Raises WebSocketDisconnect."""
        event = await self._socket.receive()
        if event["type"] == "websocket.disconnect":
            raise WebSocketDisconnect(event.get("code") or 1005, event.get("reason"))
        return event
