"""Balto's graph with doubles where the providers' clients are: the same ingress, gate and recorder.

A double answers after a fixed delay, in its own replica, and reports the delay as the provider's time: what is left
is the graph's.
"""

import asyncio
import time

from pydantic import BaseModel, ConfigDict
from ray.serve import Application

from configs.application import ApplicationSettings
from deployments.app import bound, graph
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


class Delays(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)

    transcriber_s: float = 0.3
    recommender_s: float = 0.5


class ScaleSettings(ApplicationSettings):
    delays: Delays = Delays()


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


def build_app(args: ScaleSettings) -> Application:
    transcriber = bound("transcriber", DelayedTranscriber, args.delays.transcriber_s)
    recommender = bound("recommender", DelayedRecommender, args.delays.recommender_s)
    return graph(args, transcriber, recommender)
