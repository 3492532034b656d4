"""What stands for the providers' clients: a fixed delay, in a replica of its own, reported as the provider's time.

Counters play the recorded dialogues; the transcriber's double says their lines, one for each utterance, so that the
conversation asks when it would in a shop. The recommender's double has one product for each dialogue. Apart from
`app`, so that such a replica imports no more than the client that it stands for.
"""

import asyncio
import time

from deployments.direct_serving import CalledDirectly, serve_directly
from deployments.ending import at_its_end
from pipeline.events import ProviderCalled, ProviderRole
from pipeline.stages import (
    Basis,
    RecommendationRequest,
    Silence,
    Suggest,
    Suggestion,
    Transcription,
    TranscriptionRequest,
)
from sandbox.recordings import load_dialogues

DIALOGUE_OF = {line: dialogue.name for dialogue in load_dialogues() for line in dialogue.utterances}
LINES = tuple(DIALOGUE_OF)
FIRST = LINES.index("Eu estou com dor de cabeça desde ontem.")  # a complaint: asked about at once


class DelayedTranscriber(CalledDirectly):
    """Each session hears the lines in order, from the first complaint on, over and over."""

    async def __init__(self, delay_s: float) -> None:  # type: ignore[misc]  # Serve awaits it
        self._delay_s = delay_s
        self._next: dict[str, int] = {}
        self._direct = await serve_directly({"transcribe": self.transcribe})
        at_its_end(self, self._direct.close)

    async def transcribe(self, request: TranscriptionRequest, pcm: bytes | memoryview) -> Transcription:
        number = self._next.get(request.session_id, FIRST)
        self._next[request.session_id] = number + 1
        text = LINES[number % len(LINES)]
        call = await _wait(self._delay_s, ProviderRole.TRANSCRIBER)
        return Transcription(text=text, provider="double", model="double", words=len(text.split()), calls=(call,))


class DelayedRecommender(CalledDirectly):
    """A card for each customer: the dialogue's product, once in a conversation."""

    async def __init__(self, delay_s: float) -> None:  # type: ignore[misc]  # Serve awaits it
        self._delay_s = delay_s
        self._direct = await serve_directly({"recommend": self.recommend})
        at_its_end(self, self._direct.close)

    async def recommend(self, request: RecommendationRequest) -> Suggest | Silence:
        basis = Basis(engine="double", calls=(await _wait(self._delay_s, ProviderRole.RECOMMENDER),))
        quote = request.heard[-1].text
        sku = f"DUBLE-{DIALOGUE_OF[quote]}"
        if sku in request.shown_skus:
            return Silence(reason="ja_mostrado", basis=basis)
        item = Suggestion(sku=sku, produto="Dublê 500 mg", explicacao="Resposta do dublê.", evidence=(quote,))
        return Suggest(items=(item,), basis=basis)


async def _wait(delay_s: float, role: ProviderRole) -> ProviderCalled:
    began = time.monotonic()
    await asyncio.sleep(delay_s)
    took_ms = (time.monotonic() - began) * 1000
    return ProviderCalled(role=role, provider="double", model="double", attempt=1, outcome="ok", latency_ms=took_ms)
