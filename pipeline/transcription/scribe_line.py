"""One counter's line to Scribe realtime: a socket that is opened when there is something to send and may break.

A provider cannot forget audio. What was sent and then given up with its socket before its text was asked for is paid
for all the same, and told (`Scribe.unasked`).
"""

import asyncio
from collections.abc import Callable
from typing import Protocol

from configs.transcription import ElevenLabsRealtimeSettings, HygieneSettings
from pipeline.audio import SAMPLE_BYTES, seconds
from pipeline.providers.account import Account
from pipeline.providers.calls import Answered
from pipeline.providers.errors import ProviderError
from pipeline.providers.prices import Usage
from pipeline.stages import StageFailed, StreamId
from pipeline.transcription.recognition import Recognition
from pipeline.transcription.scribe_socket import ScribeSocket
from pipeline.transcription.streams import Stream, Streams


class Scribe(Protocol):
    """What all lines of one account share."""

    name: str
    model: str
    settings: ElevenLabsRealtimeSettings
    account: Account
    hygiene: HygieneSettings
    streams: Streams

    def usage(self, audio_s: float) -> Usage: ...

    async def connect(self, on_partial: Callable[[str], None]) -> ScribeSocket: ...

    def unclaim(self, answer: Answered[Recognition] | StageFailed) -> None:
        """A text that has come is of no use."""

    def unasked(self, stream_id: StreamId, audio_s: float) -> None:
        """Audio that was sent, and no text of it will be asked for."""


class ScribeLine:
    """One user at a time. `stream` holds the place of the socket among the account's."""

    def __init__(
        self, provider: Scribe, stream: Stream, stream_id: StreamId, on_partial: Callable[[str], None]
    ) -> None:
        self._provider = provider
        self._stream = stream
        self._stream_id = stream_id
        self._on_partial = on_partial
        self._socket: ScribeSocket | None = None
        self._keep_alive: asyncio.Task[None] | None = None
        self.sent_bytes = 0  # to the socket that is open now, and not asked for yet

    async def send_rest(self, piece: bytes | bytearray, previous_text: str) -> ScribeSocket:
        """Send what the socket does not have of this piece, all of it to a new one. Raises ProviderError."""
        if self._socket is None or not self._socket.alive:
            await self.hang_up()
            await self._provider.streams.enter(self._stream)
            self._socket = await self._provider.connect(self._on_partial)
            self._keep_alive = asyncio.create_task(self._stay_alive(self._socket), name="scribe-keep-alive")
        socket = self._socket
        missing = bytes(piece[self.sent_bytes :])
        if missing:
            self.sent_bytes += len(missing)
            await socket.send(missing, previous_text)
        return socket

    def asked(self) -> None:
        """Whoever asked for the text of what was sent accounts for it, or nobody has to."""
        self.sent_bytes = 0

    async def hang_up(self) -> None:
        socket, self._socket = self._socket, None
        task, self._keep_alive = self._keep_alive, None
        lost, self.sent_bytes = self.sent_bytes, 0
        if lost:
            self._provider.unasked(self._stream_id, seconds(lost // SAMPLE_BYTES))
        try:
            if task:
                task.cancel()
                await asyncio.gather(task, return_exceptions=True)
            if socket:
                await socket.close()
        finally:  # only now: the provider counts a socket until it is closed
            self._provider.streams.leave(self._stream)

    async def _stay_alive(self, socket: ScribeSocket) -> None:
        try:
            while socket.alive:
                await asyncio.sleep(self._provider.settings.keep_alive_s)
                await socket.send(b"")
        except ProviderError:
            return  # whoever uses the socket next finds it gone and opens another
