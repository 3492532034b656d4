"""The transcriber that the conversation sees: providers in order, the next one when one fails, hygiene at the end.

A provider that recovers is used again as soon as its breaker lets a probe through, so the chain always starts
from its first healthy member.
"""

import asyncio
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

from configs.transcription import HygieneSettings
from pipeline.events import ProviderCalled
from pipeline.providers.account import Account
from pipeline.providers.calls import Answered, Ask
from pipeline.providers.errors import Category
from pipeline.stages import StageFailed, Transcription, TranscriptionRequest
from pipeline.transcription.hygiene import clean
from pipeline.transcription.recognition import Recognition, SpeechProvider, pcm_seconds

SHORTEST_AUDIO_S = 0.1  # ElevenLabs refuses less; nothing can be said in it


@dataclass(frozen=True, slots=True)
class Link:
    provider: SpeechProvider
    account: Account


class TranscriberChain:
    """Implements `pipeline.stages.Transcriber`."""

    def __init__(
        self,
        links: Sequence[Link],
        hygiene: HygieneSettings,
        first_share: float,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._links = tuple(links)
        self._hygiene = hygiene
        self._first_share = first_share
        self._clock = clock

    @property
    def accounts(self) -> list[Account]:
        return [link.account for link in self._links]

    async def transcribe(self, request: TranscriptionRequest) -> Transcription | StageFailed:
        audio_s = pcm_seconds(request.pcm)
        if audio_s < SHORTEST_AUDIO_S:
            first = self._links[0].provider
            return Transcription(text="", provider=first.name, model=first.model)
        deadline_s = self._clock() + request.budget_s
        calls: list[ProviderCalled] = []
        failures: list[StageFailed] = []
        for link in self._in_order():
            last = link is self._links[-1] or len(failures) == len(self._links) - 1
            answer = await self._ask(link, request, audio_s, self._share_s(deadline_s, last))
            calls.extend(answer.calls)
            if isinstance(answer, Answered):
                return self._transcription(link, answer, request, audio_s, calls)
            failures.append(answer)
        return _failed(failures, calls)

    async def aclose(self) -> None:
        await asyncio.gather(*(link.provider.aclose() for link in self._links))

    def _in_order(self) -> list[Link]:
        """Healthy providers first, each group in the configured order: an open breaker costs no time."""
        return sorted(self._links, key=lambda link: not link.account.breaker.ready())

    def _share_s(self, deadline_s: float, last: bool) -> float:
        left_s = max(0.0, deadline_s - self._clock())
        return left_s if last else left_s * self._first_share

    async def _ask(
        self, link: Link, request: TranscriptionRequest, audio_s: float, budget_s: float
    ) -> Answered[Recognition] | StageFailed:
        ask = Ask(
            turn=request.balcao_id,
            budget_s=budget_s,
            model=link.provider.model,
            usage=link.provider.usage(audio_s),
            session_id=request.session_id,
            utterance_id=request.utterance_id,
        )
        return await link.account.call(lambda: link.provider.recognise(request.pcm, request.previous_text), ask)

    def _transcription(
        self,
        link: Link,
        answer: Answered[Recognition],
        request: TranscriptionRequest,
        audio_s: float,
        calls: list[ProviderCalled],
    ) -> Transcription:
        heard = answer.value
        said = clean(heard, audio_s=audio_s, previous_text=request.previous_text, settings=self._hygiene)
        return Transcription(
            text=said.text,
            provider=link.provider.name,
            model=answer.model,
            removed=said.removed,
            language=heard.language,
            confidence=heard.confidence,
            words=len(said.text.split()),
            calls=tuple(calls),
        )


def _failed(failures: Sequence[StageFailed], calls: Sequence[ProviderCalled]) -> StageFailed:
    """The failure of the last provider that was really asked; an alert if any of them needs an operator."""
    asked = [failure for failure in failures if failure.category != Category.UNAVAILABLE] or list(failures)
    return replace(asked[-1], calls=tuple(calls), alert=any(failure.alert for failure in failures))
