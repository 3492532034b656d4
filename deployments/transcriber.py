"""The transcriber: one client of the speech provider, waiting on the network for many counters at once."""

from configs.environment import Environment
from configs.transcription import TranscriptionSettings
from pipeline.stages import StageFailed, Transcription, TranscriptionRequest
from pipeline.transcription import make_transcriber


class TranscriberReplica:
    async def __init__(  # type: ignore[misc]  # Serve awaits it: clients belong to the loop
        self, settings: TranscriptionSettings
    ) -> None:
        self._transcriber = make_transcriber(settings, Environment())

    async def transcribe(self, request: TranscriptionRequest) -> Transcription | StageFailed:
        return await self._transcriber.transcribe(request)

    async def ready(self) -> bool:
        return True

    async def __del__(self) -> None:
        await self._transcriber.aclose()
