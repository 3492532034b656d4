"""The counters of one ingress replica: admitted, served, and seen off."""

import asyncio
import contextvars
import logging
from collections.abc import Callable, Coroutine
from dataclasses import replace

from starlette.websockets import WebSocket, WebSocketDisconnect

from configs.ingress import IngressSettings
from deployments.admission import Admission, NoCapacity
from deployments.counter_socket import Closing, CounterSocket
from pipeline.conversation.context import ConversationContext
from pipeline.conversation.conversation import Conversation, Phase, Stages
from pipeline.protocol import Auth, CloseCode, auth_ok
from pipeline.stages import Counter, Registry

logger = logging.getLogger(__name__)

Restart = (CloseCode.RESTART, "o servidor vai reiniciar; conecte de novo")


class Desk:
    def __init__(
        self,
        stages: Stages,
        registry: Registry,
        new_context: Callable[[], ConversationContext],
        settings: IngressSettings,
        replica_id: str,
    ) -> None:
        self._stages = stages
        self._registry = registry
        self._new_context = new_context
        self._settings = settings
        self._replica_id = replica_id
        self.admission = Admission(settings.max_counters)
        self.ended = 0  # conversations, so far
        self._served: dict[Conversation, CounterSocket] = {}
        self._endings: set[asyncio.Task[None]] = set()

    @property
    def counters(self) -> int:
        return len(self._served)

    async def serve(self, websocket: WebSocket) -> None:
        """One counter, from handshake to close."""
        socket = CounterSocket(websocket, self._settings)
        try:
            await socket.accept()
            with self.admission.place():
                await self._attend(socket)
        except NoCapacity:
            await socket.close(*self._refusal())
        except Closing as closing:
            await socket.close(closing.code, closing.reason)
        except WebSocketDisconnect:
            logger.debug("the counter left before it was known")

    def _refusal(self) -> tuple[CloseCode, str]:
        return (CloseCode.NO_CAPACITY, "sem capacidade agora; tente de novo") if self.admission.open else Restart

    async def _attend(self, socket: CounterSocket) -> None:
        auth = await socket.key()
        counter = await self._known(auth)
        if auth.versao >= 2:
            counter = replace(counter, options=auth.vad.over(counter.options))
        if not self.admission.open:  # the drain began while the key was awaited or checked
            raise NoCapacity
        conversation = Conversation(
            counter,
            auth.versao,
            self._stages,
            self._new_context(),
            socket.send,
            self._settings.conversation,
            self._replica_id,
        )
        self._served[conversation] = socket
        reason, code = "interrompida", None
        try:
            if auth.versao >= 2:
                await socket.send(auth_ok(session_id=conversation.session_id))
            code = await socket.pump(conversation)
            reason = "desconectado"
        except Closing as closing:
            reason, code = closing.reason, int(closing.code)
            raise
        finally:
            self._end(conversation, reason, code)

    async def _known(self, auth: Auth) -> Counter:
        """Raises Closing: 4001 for an unknown or revoked key, 1011 when keys cannot be checked now."""
        try:
            async with asyncio.timeout(self._settings.auth_timeout_s):
                counter = await self._registry.authenticate(auth.api_key)
        except Exception as error:  # the registry is another process: whatever it was, the key was not checked
            logger.warning("keys cannot be checked: %s", type(error).__name__)
            raise Closing(CloseCode.SERVER_ERROR, "não foi possível conferir a chave agora; tente de novo") from error
        if counter is None:
            raise Closing(CloseCode.BAD_KEY, "chave inválida ou revogada")
        return counter

    def _end(self, conversation: Conversation, reason: str, code: int | None) -> None:
        """What was said is still transcribed and recorded, in a task of ours: the socket's own may be cancelled."""
        self._served.pop(conversation, None)
        self.ended += 1
        if conversation.phase is Phase.LISTENING:
            self._own(conversation.finish(reason, code, ask=False), conversation.session_id)

    def _own(self, work: Coroutine[None, None, None], session_id: str) -> None:
        task = asyncio.create_task(work, name=f"ending {session_id}", context=contextvars.Context())
        self._endings.add(task)
        task.add_done_callback(self._endings.discard)

    async def drain(self) -> None:
        """Admit no one; open utterances end and are answered, then every counter is told 1012 and has left."""
        self.admission.open = False
        for conversation, socket in list(self._served.items()):
            self._own(self._see_off(conversation, socket), conversation.session_id)
        if self._endings:
            await asyncio.wait(self._endings, timeout=self._settings.drain_timeout_s)

    async def _see_off(self, conversation: Conversation, socket: CounterSocket) -> None:
        if conversation.phase is Phase.LISTENING:
            code, reason = Restart
            await conversation.finish("reinicio", int(code), ask=True)
        await socket.close(*Restart)
