"""A recording heard the whole way, without a cluster: gate, transcriber, redaction, asking policy, recommender."""

import asyncio
from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from pathlib import Path
from time import perf_counter

from rapidfuzz.distance import Levenshtein

from configs.recommendation import RecommendationSettings
from pipeline.audio import SAMPLE_BYTES, samples_from_ms, seconds
from pipeline.events import ProviderCalled
from pipeline.gate.streaming import StreamingGate
from pipeline.recommendation.evaluation import Result
from pipeline.recommendation.evaluation_asking import Spoken, attend, concluded, talk_of
from pipeline.recommendation.evaluation_dialogues import Dialogue
from pipeline.redaction import redact
from pipeline.stages import Heard, Recommender, SpeechSpan, StageFailed, Transcriber, TranscriptionRequest
from pipeline.transcription.hygiene import plain

TICK_BYTES = samples_from_ms(100) * SAMPLE_BYTES


@dataclass(frozen=True, slots=True)
class Listened:
    spoken: tuple[Spoken, ...]
    duration_s: float
    forwarded_s: float
    calls: tuple[ProviderCalled, ...]
    failure: str | None  # category of the first utterance that came to no text because the stage failed


class Listener:
    """What a counter's audio goes through up to its text. `read_pcm` gives 16 kHz 16-bit mono PCM."""

    def __init__(
        self,
        read_pcm: Callable[[Path], bytes],
        open_gate: Callable[[], StreamingGate],
        transcriber: Transcriber,
        budget_s: float,
    ) -> None:
        self._read_pcm = read_pcm
        self._open_gate = open_gate
        self._transcriber = transcriber
        self._budget_s = budget_s

    async def listen(self, path: Path) -> Listened:
        """Utterances one after another, each with the text before it that was known when it closed."""
        pcm = await asyncio.to_thread(self._read_pcm, path)
        spans = await asyncio.to_thread(_spans, self._open_gate, pcm)
        spoken: list[Spoken] = []
        calls: list[ProviderCalled] = []
        failure = None
        known_s = 0.0
        for number, span in enumerate(spans):
            closed_s = seconds(span.closed_at_sample)
            known = [piece.heard.text for piece in spoken if piece.known_s <= closed_s]
            began_s = perf_counter()
            answer = await self._transcriber.transcribe(
                self._request(f"{path.stem}-{number}", pcm, span, known[-1] if known else "")
            )
            known_s = max(known_s, closed_s + perf_counter() - began_s)
            calls += answer.calls
            if isinstance(answer, StageFailed):
                failure = failure or answer.category
            elif text := redact(answer.text):
                spoken.append(_spoken(f"{path.stem}-{number}", text, span, known_s))
        forwarded_s = seconds(sum(span.end_sample - span.start_sample for span in spans))
        return Listened(tuple(spoken), seconds(len(pcm) // SAMPLE_BYTES), forwarded_s, tuple(calls), failure)

    def _request(self, name: str, pcm: bytes, span: SpeechSpan, previous_text: str) -> TranscriptionRequest:
        return TranscriptionRequest(
            session_id="eval",
            utterance_id=name,
            balcao_id="eval",
            cliente_codigo="eval",
            pcm=pcm[span.start_sample * SAMPLE_BYTES : span.end_sample * SAMPLE_BYTES],
            start_sample=span.start_sample,
            budget_s=self._budget_s,
            previous_text=previous_text,
        )


def _spans(open_gate: Callable[[], StreamingGate], pcm: bytes) -> list[SpeechSpan]:
    """In ticks as a counter's, since a gate that is given an hour at once takes far longer over it."""
    gate, found = open_gate(), list[SpeechSpan]()
    for start in range(0, len(pcm), TICK_BYTES):
        found += gate.spans(pcm[start : start + TICK_BYTES])
    return [*found, *gate.spans(b"", final=True)]


def _spoken(name: str, text: str, span: SpeechSpan, known_s: float) -> Spoken:
    start_s, end_s = seconds(span.start_sample), seconds(span.end_sample)
    heard = Heard(utterance_id=name, text=text, at_s=start_s, end_s=end_s)
    return Spoken(heard, seconds(span.speech_end_sample), known_s)


async def hear(
    dialogue: Dialogue, listener: Listener, recommender: Recommender, settings: RecommendationSettings, budget_s: float
) -> Result:
    """A recorded dialogue's outcome. Raises what `read_pcm` raises, and ValueError for a dialogue without audio."""
    if dialogue.audio is None:
        raise ValueError(f"dialogue {dialogue.id} has no audio")
    found = await listener.listen(dialogue.audio)
    answers = await attend(dialogue.id, found.spoken, recommender, settings, budget_s)
    heard = [piece.heard.text for piece in found.spoken]
    said = _words(turn.text for turn in dialogue.turns)
    talk = talk_of(
        answers,
        found.duration_s,
        forwarded_s=found.forwarded_s,
        stt_calls=len(found.calls),
        stt_usd=sum(call.cost_usd for call in found.calls),
        words=len(said),
        word_errors=int(Levenshtein.distance(said, _words(heard))) if said else 0,
    )
    result = concluded(dialogue.id, answers, talk, heard)
    return replace(result, failure=result.failure or found.failure)


def _words(texts: Iterable[str]) -> list[str]:
    return [word for text in texts for said in text.split() if (word := plain(said))]
