"""What stands for the providers' clients: a fixed delay, in a replica of its own, reported as the provider's time.

Apart from `app`, so that such a replica imports no more than the client that it stands for.
"""

import asyncio
import time

from pipeline.events import ProviderCalled, ProviderRole
from pipeline.stages import (
    Basis,
    RecommendationRequest,
    Suggest,
    Suggestion,
    Transcription,
    TranscriptionRequest,
)

TEXT = "estou com muita dor de cabeça desde ontem"  # a complaint: asked about at once


class DelayedTranscriber:
    """Every utterance says the same."""

    def __init__(self, delay_s: float) -> None:
        self._delay_s = delay_s

    async def transcribe(self, request: TranscriptionRequest) -> Transcription:
        call = await _wait(self._delay_s, ProviderRole.TRANSCRIBER)
        return Transcription(text=TEXT, provider="double", model="double", words=len(TEXT.split()), calls=(call,))

    async def ready(self) -> bool:
        return True


class DelayedRecommender:
    """Every question gets a card."""

    def __init__(self, delay_s: float) -> None:
        self._delay_s = delay_s

    async def recommend(self, request: RecommendationRequest) -> Suggest:
        call = await _wait(self._delay_s, ProviderRole.RECOMMENDER)
        quote = request.heard[-1].text
        item = Suggestion(sku="DUBLE-1", produto="Dublê 500 mg", explicacao="Resposta do dublê.", evidence=(quote,))
        return Suggest(items=(item,), basis=Basis(engine="double", calls=(call,)))

    async def ready(self) -> bool:
        return True


async def _wait(delay_s: float, role: ProviderRole) -> ProviderCalled:
    began = time.monotonic()
    await asyncio.sleep(delay_s)
    took_ms = (time.monotonic() - began) * 1000
    return ProviderCalled(role=role, provider="double", model="double", attempt=1, outcome="ok", latency_ms=took_ms)
