"""One counter's utterances on ElevenLabs Scribe realtime, one after another, over sockets that may break.

An utterance's audio is kept until its text has come: a broken socket is replaced, told what was said before
(`previous_text`), and fed the audio again. Where the utterance may be over its text so far is asked for (`settle`); if
it goes on, its text is that piece and what follows. Each second of audio is in one piece, and hygiene sees the whole.
"""

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Protocol

from configs.transcription import ElevenLabsRealtimeSettings, HygieneSettings
from pipeline.events import ProviderCalled
from pipeline.providers.account import Account, Answered, Ask, Reply
from pipeline.providers.errors import Category, ProviderError
from pipeline.providers.prices import Usage
from pipeline.stages import StageFailed, StreamId, Transcription
from pipeline.transcription.hygiene import clean
from pipeline.transcription.recognition import Recognition, joined, pcm_seconds
from pipeline.transcription.scribe_socket import ScribeSocket
from pipeline.transcription.streams import Streams

Piece = asyncio.Task[Answered[Recognition] | StageFailed]


class Scribe(Protocol):
    """What all sessions of one account share."""

    name: str
    model: str
    settings: ElevenLabsRealtimeSettings
    account: Account
    hygiene: HygieneSettings
    streams: Streams

    def usage(self, audio_s: float) -> Usage: ...

    async def connect(self, on_partial: Callable[[str], None]) -> ScribeSocket: ...

    def unclaim(self, piece: Piece) -> None:
        """The text of this piece, once it has come, is of no use."""


class ElevenLabsLive:
    """Implements `realtime.LiveSession`."""

    def __init__(
        self,
        provider: Scribe,
        stream_id: StreamId,
        balcao_id: str,
        on_partial: Callable[[str], None] | None,
        on_closed: Callable[[StreamId], object],
    ) -> None:
        self._provider = provider
        self._stream_id = stream_id
        self._balcao_id = balcao_id
        self._tell_partial = on_partial
        self._on_closed = on_closed
        self._socket: ScribeSocket | None = None
        self._keep_alive: asyncio.Task[None] | None = None
        self._busy = asyncio.Lock()  # one user of the socket at a time; pieces are answered in order
        self._fed = bytearray()  # the piece that is open; replaced, never emptied, when it is asked for
        self._sent_bytes = 0  # of the piece, to the socket that is open now
        self._sending: asyncio.Task[None] | None = None
        self._forgetting: asyncio.Task[None] | None = None
        self._lost = False  # this piece's socket could not be had: it is sent when it is asked for
        self._pieces: list[Piece] = []  # settled, of the open utterance
        self._heard_s = 0.0  # audio in them
        self._previous_text = ""
        self._closed = False
        self.partial = ""

    @property
    def idle(self) -> bool:
        return not self._fed and not self._pieces and not self._busy.locked()

    async def feed(self, pcm: bytes) -> None:
        if self._closed:
            raise RuntimeError("this live session is closed")
        self._fed += pcm
        under_way = self._sending is not None and not self._sending.done()
        if not under_way and not self._lost and self._provider.account.breaker.ready():
            self._sending = asyncio.create_task(self._send_along(self._fed), name=f"scribe {self._stream_id}")

    async def settle(self, budget_s: float) -> None:
        piece, self._fed, self._lost = bytes(self._fed), bytearray(), False
        self._heard_s += pcm_seconds(piece)
        until_s = asyncio.get_running_loop().time() + budget_s
        asking = asyncio.create_task(self._answer(piece, until_s), name=f"piece {self._stream_id}")
        self._pieces.append(asking)
        await asyncio.sleep(0)  # it is in line for the socket before what is fed next

    async def so_far(self) -> Transcription | StageFailed:
        pieces, audio_s = list(self._pieces), self._heard_s
        if pieces:
            await asyncio.wait(pieces)
        if not pieces or any(piece.cancelled() for piece in pieces):
            return StageFailed(category=Category.UNAVAILABLE, message="nothing of this utterance was asked for")
        answers = [piece.result() for piece in pieces]
        failed = next((answer for answer in answers if isinstance(answer, StageFailed)), None)
        if failed is not None:
            return replace(failed, calls=())
        return self._transcription([answer for answer in answers if isinstance(answer, Answered)], audio_s, ())

    async def commit(self, utterance_id: str, budget_s: float) -> Transcription | StageFailed:
        if self._fed or not self._pieces:
            await self.settle(budget_s)
        pieces, self._pieces = self._pieces, []
        audio_s, self._heard_s = self._heard_s, 0.0
        answers = await asyncio.gather(*pieces)
        calls = tuple(replace(call, utterance_id=utterance_id) for answer in answers for call in answer.calls)
        for answer in answers:
            if isinstance(answer, StageFailed):
                return replace(answer, calls=calls)
        said = self._transcription([answer for answer in answers if isinstance(answer, Answered)], audio_s, calls)
        self._previous_text = said.text or self._previous_text
        return said

    async def discard(self) -> None:
        """The provider cannot forget audio, so the socket that heard it is given up."""
        pieces, self._pieces = self._pieces, []
        for piece in pieces:
            piece.add_done_callback(self._provider.unclaim)
        self._fed, self._heard_s, self._lost = bytearray(), 0.0, False
        self._forgetting = asyncio.create_task(self._forget(), name=f"scribe forgets {self._stream_id}")

    async def _forget(self) -> None:
        async with self._busy:
            self.partial = ""
            if self._sent_bytes:
                await self.hang_up()

    async def aclose(self) -> None:
        """What is asked for at this moment is given up."""
        if not self._closed:
            self._closed = True
            tasks = [*self._pieces, *(task for task in (self._sending, self._forgetting) if task)]
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)
            await self.hang_up()
            self._on_closed(self._stream_id)

    async def hang_up(self) -> None:
        socket, self._socket = self._socket, None
        task, self._keep_alive = self._keep_alive, None
        self._sent_bytes = 0
        self._provider.streams.leave(self)
        if task:
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)
        if socket:
            await socket.close()

    # --- the open piece, on its way

    async def _send_along(self, piece: bytearray) -> None:
        """While it is the open one: by the time the socket is free it may have been asked for."""
        async with self._busy:
            try:
                while self._fed is piece and self._sent_bytes < len(piece):
                    await self._send_what_is_missing(piece)
            except ProviderError:  # asking for it connects again, within its budget and under the failure policy
                self._lost = self._fed is piece
                await self.hang_up()

    async def _send_what_is_missing(self, piece: bytes | bytearray) -> ScribeSocket:
        if self._socket is None or not self._socket.alive:
            await self.hang_up()
            await self._provider.streams.enter(self)
            self._socket = await self._provider.connect(self._heard_partial)
            self._keep_alive = asyncio.create_task(self._stay_alive(self._socket), name="scribe-keep-alive")
        socket = self._socket
        missing = bytes(piece[self._sent_bytes :])
        if missing:
            self._sent_bytes += len(missing)
            await socket.send(missing, self._previous_text)
        return socket

    async def _stay_alive(self, socket: ScribeSocket) -> None:
        try:
            while socket.alive:
                await asyncio.sleep(self._provider.settings.keep_alive_s)
                await socket.send(b"")
        except ProviderError:
            return  # whoever uses the socket next finds it gone and opens another

    def _heard_partial(self, text: str) -> None:
        self.partial = text
        if self._tell_partial:
            self._tell_partial(text)

    # --- a piece that was asked for

    async def _answer(self, piece: bytes, until_s: float) -> Answered[Recognition] | StageFailed:
        async with self._busy:
            ask = Ask(
                turn=self._balcao_id,
                budget_s=max(0.0, until_s - asyncio.get_running_loop().time()),  # waiting for the socket counts too
                model=self._provider.model,
                usage=self._provider.usage(pcm_seconds(piece)),
                session_id=self._stream_id,
            )
            answer = await self._provider.account.call(lambda: self._attempt(piece), ask)
            self._sent_bytes = 0
            self.partial = ""
            if isinstance(answer, StageFailed):
                await self.hang_up()
            return answer

    async def _attempt(self, piece: bytes) -> Reply[Recognition]:
        try:
            socket = await self._send_what_is_missing(piece)
            heard = await socket.commit(self._provider.settings.answer_timeout_s)
        except ProviderError:
            await self.hang_up()
            raise
        self._provider.streams.spoke(self)
        return Reply(value=heard, model=self._provider.model, usage=self._provider.usage(pcm_seconds(piece)))

    def _transcription(
        self, answers: Sequence[Answered[Recognition]], audio_s: float, calls: tuple[ProviderCalled, ...]
    ) -> Transcription:
        heard = joined([answer.value for answer in answers])
        said = clean(heard, audio_s=audio_s, previous_text=self._previous_text, settings=self._provider.hygiene)
        return Transcription(
            text=said.text,
            provider=self._provider.name,
            model=answers[-1].model,
            removed=said.removed,
            language=heard.language,
            confidence=heard.confidence,
            words=len(said.text.split()),
            calls=calls,
        )
