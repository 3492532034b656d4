"""ElevenLabs Scribe realtime: text is there when the utterance closes.

One socket per counter that speaks, and no more than the plan allows: where every place is taken by one who speaks, the
utterance goes to the transcriber behind this one.
"""

import asyncio
from collections.abc import Callable, Sequence

from configs.transcription import ElevenLabsRealtimeSettings, HygieneSettings
from pipeline.events import ProviderCalled
from pipeline.providers.account import Account
from pipeline.providers.calls import Answered, Reply
from pipeline.providers.prices import Usage
from pipeline.stages import StageFailed, StreamId
from pipeline.transcription.elevenlabs_live import ElevenLabsLive
from pipeline.transcription.keyterms import usable
from pipeline.transcription.recognition import Recognition, pcm_seconds
from pipeline.transcription.scribe_socket import ScribeSocket
from pipeline.transcription.streams import Streams

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
        self.streams = Streams(settings.call.max_concurrent)
        self._sessions: dict[StreamId, ElevenLabsLive] = {}
        self._unclaimed: list[ProviderCalled] = []

    def usage(self, audio_s: float) -> Usage:
        return Usage(audio_s=audio_s, keyterms=len(self._keyterms))

    # --- the account is shared with other replicas: `providers.partner.SharedAccount`

    @property
    def limit(self) -> int:
        return self.account.limit

    @property
    def held(self) -> int:
        return max(self.account.held, len(self.streams))

    async def allow(self, most: int) -> None:
        """Sockets that are open count like calls."""
        await self.account.allow(most)
        await self.streams.allow(most)

    async def connect(self, on_partial: Callable[[str], None]) -> ScribeSocket:
        return await ScribeSocket.open(self.settings, self._base_url, self._api_key, self._keyterms, on_partial)

    def open(
        self, stream_id: StreamId, *, balcao_id: str, on_partial: Callable[[str], None] | None = None
    ) -> ElevenLabsLive:
        session = ElevenLabsLive(self, stream_id, balcao_id, on_partial, self._sessions.pop)
        self._sessions[stream_id] = session
        return session

    def unclaim(self, answer: Answered[Recognition] | StageFailed) -> None:
        """A text that has come is of no use."""
        self._unclaimed += answer.calls

    def unasked(self, stream_id: StreamId, audio_s: float) -> None:
        """Audio that was sent, and no text of it will be asked for."""
        self._unclaimed.append(self.account.unasked(self.model, self.usage(audio_s), stream_id))

    def unclaimed(self) -> tuple[ProviderCalled, ...]:
        told, self._unclaimed = tuple(self._unclaimed), []
        return told

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
