"""One counter's utterances on ElevenLabs Scribe realtime, one after another, over sockets that may break.

An utterance's audio is kept until its text has come: a broken socket is replaced, told what was said before
(`previous_text`), and fed the audio again. Where the utterance may be over its text so far is asked for (`settle`); if
it goes on, its text is that piece and what follows. Each second of audio is in one piece, and hygiene sees the whole.
"""

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any

from pipeline.events import ProviderCalled
from pipeline.providers.calls import Answered, Ask, Reply
from pipeline.providers.errors import Category, ProviderError
from pipeline.stages import StageFailed, StreamId, Transcription
from pipeline.transcription.hygiene import clean
from pipeline.transcription.recognition import Recognition, joined, pcm_seconds
from pipeline.transcription.scribe_line import Scribe, ScribeLine


@dataclass(frozen=True, slots=True)
class Piece:
    """Part of an utterance whose text was asked for."""

    answer: asyncio.Task[Answered[Recognition] | StageFailed]
    audio_s: float


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
        self._line = ScribeLine(provider, self, stream_id, self._heard_partial)
        self._busy = asyncio.Lock()  # one user of the socket at a time; pieces are answered in order
        self._fed = bytearray()  # the piece that is open; replaced, never emptied, when it is asked for
        self._sending: asyncio.Task[None] | None = None
        self._forgetting: asyncio.Task[None] | None = None
        self._lost = False  # this piece's socket could not be had: it is sent when it is asked for
        self._pieces: list[Piece] = []  # settled, of the open utterance
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
        until_s = asyncio.get_running_loop().time() + budget_s
        asking = asyncio.create_task(self._answer(piece, until_s), name=f"piece {self._stream_id}")
        self._pieces.append(Piece(asking, pcm_seconds(piece)))
        await asyncio.sleep(0)  # it is in line for the socket before what is fed next

    async def so_far(self) -> Transcription | StageFailed:
        pieces = list(self._pieces)
        if pieces:
            await asyncio.wait([piece.answer for piece in pieces])
        if not pieces or any(piece.answer.cancelled() for piece in pieces):
            return StageFailed(category=Category.UNAVAILABLE, message="nothing of this utterance was asked for")
        said = self._joined(pieces, [piece.answer.result() for piece in pieces])
        return replace(said, calls=())

    async def commit(self, utterance_id: str, budget_s: float) -> Transcription | StageFailed:
        if self._fed or not self._pieces:
            await self.settle(budget_s)
        pieces, self._pieces = self._pieces, []
        said = self._joined(pieces, await asyncio.gather(*(piece.answer for piece in pieces)))
        said = replace(said, calls=tuple(replace(call, utterance_id=utterance_id) for call in said.calls))
        if isinstance(said, Transcription):
            self._previous_text = said.text or self._previous_text
        return said

    async def discard(self) -> None:
        """The provider cannot forget audio, so the socket that heard it is given up."""
        self._give_up_pieces()
        self._fed, self._lost = bytearray(), False
        self._forgetting = asyncio.create_task(self._forget(), name=f"scribe forgets {self._stream_id}")

    def _give_up_pieces(self) -> None:
        """What was asked for is paid for, also when its text comes to nothing."""
        pieces, self._pieces = self._pieces, []
        for piece in pieces:
            piece.answer.add_done_callback(self._unclaim)

    def _unclaim(self, answer: asyncio.Task[Answered[Recognition] | StageFailed]) -> None:
        if not answer.cancelled() and answer.exception() is None:
            self._provider.unclaim(answer.result())

    async def _forget(self) -> None:
        async with self._busy:
            self.partial = ""
            if self._line.sent_bytes:
                await self._line.hang_up()

    async def aclose(self) -> None:
        """What is asked for at this moment is given up."""
        if not self._closed:
            self._closed = True
            tasks: list[asyncio.Task[Any]] = [piece.answer for piece in self._pieces]
            self._give_up_pieces()
            tasks += [task for task in (self._sending, self._forgetting) if task]
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)
            if not self._busy.locked():  # else a commit is under way, and hangs up at its end
                await self._line.hang_up()
            self._on_closed(self._stream_id)

    async def make_way(self) -> None:
        async with self._busy:
            await self._line.hang_up()

    # --- the open piece, on its way

    async def _send_along(self, piece: bytearray) -> None:
        """While it is the open one: by the time the socket is free it may have been asked for."""
        async with self._busy:
            try:
                while self._fed is piece and self._line.sent_bytes < len(piece):
                    await self._line.send_rest(piece, self._previous_text)
            except ProviderError as error:  # asking for it connects again, in its budget and under the failure policy
                self._lost = self._fed is piece
                if not error.billed:
                    self._line.asked()
                await self._line.hang_up()

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
            self.partial = ""
            if answer.calls:  # else its audio was sent along and there was no time to ask
                self._line.asked()
            if isinstance(answer, StageFailed) or self._closed:
                await self._line.hang_up()
            return answer

    async def _attempt(self, piece: bytes) -> Reply[Recognition]:
        try:
            socket = await self._line.send_rest(piece, self._previous_text)
            heard = await socket.commit(self._provider.settings.answer_timeout_s)
        except ProviderError:
            self._line.asked()
            await self._line.hang_up()
            raise
        self._line.asked()
        self._provider.streams.spoke(self)
        return Reply(value=heard, model=self._provider.model, usage=self._provider.usage(pcm_seconds(piece)))

    def _joined(
        self, pieces: Sequence[Piece], answers: Sequence[Answered[Recognition] | StageFailed]
    ) -> Transcription | StageFailed:
        """What they come to together; one that failed is all that is said."""
        calls = tuple(call for answer in answers for call in answer.calls)
        heard = [answer for answer in answers if isinstance(answer, Answered)]
        failed = next((answer for answer in answers if isinstance(answer, StageFailed)), None)
        if failed is not None:
            return replace(failed, calls=calls)
        return self._transcription(heard, sum(piece.audio_s for piece in pieces), calls)

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
