"""ElevenLabs Scribe realtime: text is there when the utterance closes. One socket per counter that speaks.

An utterance's audio is kept until its text has come: a broken socket is replaced, told what was said before
(`previous_text`), and fed the utterance again. Between utterances an empty chunk now and then keeps it alive.
"""

import asyncio
from collections.abc import Callable, Sequence

from configs.transcription import ElevenLabsRealtimeSettings, HygieneSettings
from pipeline.providers.account import Account, Answered, Ask, Reply
from pipeline.providers.errors import ProviderError
from pipeline.providers.prices import Usage
from pipeline.stages import StageFailed, StreamId, Transcription
from pipeline.transcription.hygiene import clean
from pipeline.transcription.keyterms import usable
from pipeline.transcription.recognition import Recognition, pcm_seconds
from pipeline.transcription.scribe_socket import ScribeSocket

MOST_KEYTERMS = 50
LONGEST_KEYTERM_CHARS = 20


class ElevenLabsRealtime:
    """Implements `realtime.LiveTranscriber`; and `SpeechProvider`, a whole utterance at once, for the chain."""

    name = "elevenlabs_realtime"

    def __init__(
        self,
        settings: ElevenLabsRealtimeSettings,
        base_url: str,
        api_key: str,
        keyterms: Sequence[str],
        account: Account,
        hygiene: HygieneSettings,
    ) -> None:
        self.model = settings.model
        self.settings = settings
        self.account = account
        self.hygiene = hygiene
        self._base_url = base_url
        self._api_key = api_key
        self._keyterms = usable(keyterms, most=MOST_KEYTERMS, longest_chars=LONGEST_KEYTERM_CHARS)
        self._sessions: dict[StreamId, ElevenLabsLive] = {}

    def usage(self, audio_s: float) -> Usage:
        return Usage(audio_s=audio_s, keyterms=len(self._keyterms))

    async def connect(self, on_partial: Callable[[str], None]) -> ScribeSocket:
        return await ScribeSocket.open(self.settings, self._base_url, self._api_key, self._keyterms, on_partial)

    def open(
        self, stream_id: StreamId, *, balcao_id: str, on_partial: Callable[[str], None] | None = None
    ) -> "ElevenLabsLive":
        session = ElevenLabsLive(self, stream_id, balcao_id, on_partial, self._sessions.pop)
        self._sessions[stream_id] = session
        return session

    async def recognise(self, pcm: bytes, previous_text: str) -> Reply[Recognition]:
        socket = await self.connect(lambda _: None)
        try:
            await socket.send(pcm, previous_text)
            heard = await socket.commit(self.settings.answer_timeout_s)
        finally:
            await socket.close()
        return Reply(value=heard, model=self.model, usage=self.usage(pcm_seconds(pcm)))

    async def aclose(self) -> None:
        await asyncio.gather(*(session.aclose() for session in list(self._sessions.values())))


class ElevenLabsLive:
    """Implements `realtime.LiveSession`."""

    def __init__(
        self,
        provider: ElevenLabsRealtime,
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
        self._busy = asyncio.Lock()  # one user of the socket at a time; utterances are answered in order
        self._utterance = bytearray()
        self._sent_bytes = 0  # of the utterance, to the socket that is open now
        self._previous_text = ""
        self._closed = False
        self.partial = ""

    async def feed(self, pcm: bytes) -> None:
        if self._closed:
            raise RuntimeError("this live session is closed")
        self._utterance += pcm
        if self._busy.locked() or not self._provider.account.breaker.ready():
            return  # the previous utterance is being answered, or nobody is: the audio waits here
        async with self._busy:
            try:
                await self._send_what_is_missing(bytes(self._utterance))
            except ProviderError:
                await self._drop_socket()  # `commit` connects again, within its budget and under the failure policy

    async def commit(self, utterance_id: str, budget_s: float) -> Transcription | StageFailed:
        utterance, self._utterance = bytes(self._utterance), bytearray()  # at once: the next one may be fed meanwhile
        async with self._busy:
            answer = await self._ask(utterance, utterance_id, budget_s)
            self._sent_bytes = 0
            self.partial = ""
            if isinstance(answer, Answered):
                return self._transcription(answer, pcm_seconds(utterance))
            await self._drop_socket()
            return answer

    async def discard(self) -> None:
        """The provider cannot forget audio, so the socket that heard it is given up."""
        async with self._busy:
            self._utterance.clear()
            self.partial = ""
            if self._sent_bytes:
                await self._drop_socket()

    async def aclose(self) -> None:
        if not self._closed:
            self._closed = True
            await self._drop_socket()
            self._on_closed(self._stream_id)

    async def _ask(self, utterance: bytes, utterance_id: str, budget_s: float) -> Answered[Recognition] | StageFailed:
        ask = Ask(
            turn=self._balcao_id,
            budget_s=budget_s,
            model=self._provider.model,
            usage=self._provider.usage(pcm_seconds(utterance)),
            session_id=self._stream_id,
            utterance_id=utterance_id,
        )
        return await self._provider.account.call(lambda: self._attempt(utterance), ask)

    async def _attempt(self, utterance: bytes) -> Reply[Recognition]:
        try:
            socket = await self._send_what_is_missing(utterance)
            heard = await socket.commit(self._provider.settings.answer_timeout_s)
        except ProviderError:
            await self._drop_socket()
            raise
        usage = self._provider.usage(pcm_seconds(utterance))
        return Reply(value=heard, model=self._provider.model, usage=usage)

    async def _send_what_is_missing(self, utterance: bytes) -> ScribeSocket:
        if self._socket is None or not self._socket.alive:
            await self._drop_socket()
            self._socket = await self._provider.connect(self._heard_partial)
            self._keep_alive = asyncio.create_task(self._stay_alive(self._socket), name="scribe-keep-alive")
        missing = utterance[self._sent_bytes :]
        if missing:
            self._sent_bytes += len(missing)
            await self._socket.send(missing, self._previous_text)
        return self._socket

    async def _stay_alive(self, socket: ScribeSocket) -> None:
        try:
            while socket.alive:
                await asyncio.sleep(self._provider.settings.keep_alive_s)
                await socket.send(b"")
        except ProviderError:
            return  # whoever uses the socket next finds it gone and opens another

    async def _drop_socket(self) -> None:
        socket, self._socket = self._socket, None
        task, self._keep_alive = self._keep_alive, None
        self._sent_bytes = 0
        if task:
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)
        if socket:
            await socket.close()

    def _heard_partial(self, text: str) -> None:
        self.partial = text
        if self._tell_partial:
            self._tell_partial(text)

    def _transcription(self, answer: Answered[Recognition], audio_s: float) -> Transcription:
        heard = answer.value
        said = clean(heard, audio_s=audio_s, previous_text=self._previous_text, settings=self._provider.hygiene)
        self._previous_text = said.text or self._previous_text
        return Transcription(
            text=said.text,
            provider=self._provider.name,
            model=answer.model,
            removed=said.removed,
            language=heard.language,
            confidence=heard.confidence,
            words=len(said.text.split()),
            calls=answer.calls,
        )
