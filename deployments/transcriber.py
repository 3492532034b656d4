"""The transcriber: one client of the speech provider, waiting on the network for many counters at once."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from ray.serve.handle import DeploymentHandle

from configs.environment import Environment
from configs.transcription import TranscriptionSettings
from deployments.accounts import share_accounts
from deployments.direct_serving import CalledDirectly, serve_directly
from deployments.ending import at_its_end
from pipeline.events import ProviderCalled
from pipeline.providers.partner import SharedAccount
from pipeline.stages import SpeechPart, StageFailed, StreamId, Transcription, TranscriptionRequest
from pipeline.transcription import make_live_transcriber, make_transcriber
from pipeline.transcription.along import AlongTranscriber


class TranscriberReplica(CalledDirectly):
    async def __init__(  # type: ignore[misc]  # Serve awaits it: clients belong to the loop
        self, settings: TranscriptionSettings, keyterms: Sequence[str], recorder: "DeploymentHandle[Any]"
    ) -> None:
        environment = Environment()
        self._whole = make_transcriber(settings, environment, keyterms)
        self._along = None
        accounts: list[SharedAccount] = [*self._whole.accounts]
        if settings.mode == "realtime":
            live = make_live_transcriber(settings, environment, keyterms)
            self._along = AlongTranscriber(live, self._whole, settings.elevenlabs_realtime.quiet_close_s)
            accounts.append(live)
        self._sharing = await share_accounts(accounts, recorder)
        self._direct = await serve_directly({"transcribe": self.transcribe, "hear": self.hear})
        at_its_end(self, self._close)

    async def transcribe(self, request: TranscriptionRequest, pcm: bytes | memoryview) -> Transcription | StageFailed:
        """`request` comes without its audio, which travels as it is on a direct line."""
        return await (self._along or self._whole).transcribe(replace(request, pcm=bytes(pcm)))

    async def hear(self, parts: Sequence[SpeechPart], ended: Sequence[StreamId]) -> Sequence[ProviderCalled]:
        """Speech of utterances that are still open, and streams that have ended. Answers with calls of no use."""
        if not self._along:
            return ()
        await self._along.feed(parts)
        await self._along.end(ended)
        return self._along.unclaimed()

    async def _close(self) -> None:
        await self._direct.close()
        self._sharing.cancel()
        if self._along:
            await self._along.aclose()
        await self._whole.aclose()
