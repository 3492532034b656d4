"""Scripted stages: each answers what the test told it, when the test told it, and keeps what it was asked."""

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import TypeVar

from pipeline.audio import AudioBuffer
from pipeline.events import Event, ProviderCalled, ProviderRole
from pipeline.stages import (
    Basis,
    Counter,
    GateReply,
    RecommendationRequest,
    Refer,
    RegistryError,
    Silence,
    SpeechSpan,
    StageFailed,
    StreamId,
    StreamOptions,
    Suggest,
    Suggestion,
    Transcription,
    TranscriptionRequest,
    Verdict,
)

E = TypeVar("E")

COUNTER = Counter(balcao_id="balcao-1", cliente_codigo="123456", nome_balcao="Balcão 1")


@dataclass
class FakeGateStream:
    audio: AudioBuffer
    deliver: Callable[[GateReply], None]
    stream_id: StreamId
    finished: asyncio.Event = field(default_factory=asyncio.Event)
    closed: bool = False
    at_finish: SpeechSpan | None = None

    def notify(self) -> None: ...

    async def finish(self) -> None:
        if self.at_finish is not None:
            self.says(self.at_finish)

    def close(self) -> None:
        self.closed = True

    def says(self, *spans: SpeechSpan, replay_from: int | None = None) -> None:
        """Close these utterances; by default the audio up to the last one's end is done with."""
        done = spans[-1].end_sample if replay_from is None else replay_from
        self.deliver(GateReply(self.stream_id, True, self.audio.end_sample, done, spans))


class FakeGate:
    def __init__(self) -> None:
        self.streams: list[FakeGateStream] = []
        self.options: list[StreamOptions] = []

    def open(
        self, stream_id: StreamId, audio: AudioBuffer, options: StreamOptions, deliver: Callable[[GateReply], None]
    ) -> FakeGateStream:
        self.options.append(options)
        self.streams.append(FakeGateStream(audio, deliver, stream_id))
        return self.streams[-1]


def span(start_s: float, end_s: float, closed_at_s: float | None = None) -> SpeechSpan:
    """An utterance that ended in speech at `end_s` and was closed 0.6 s later."""
    closed = closed_at_s if closed_at_s is not None else end_s + 0.6
    return SpeechSpan(*(round(s * 16_000) for s in (start_s, end_s, end_s, closed)))


@dataclass
class FakeTranscriber:
    answers: list[Transcription | StageFailed | BaseException] = field(default_factory=list)
    delays_s: list[float] = field(default_factory=list)
    asked: list[TranscriptionRequest] = field(default_factory=list)

    async def transcribe(self, request: TranscriptionRequest) -> Transcription | StageFailed:
        turn = len(self.asked)
        self.asked.append(request)
        await asyncio.sleep(self.delays_s[turn] if turn < len(self.delays_s) else 0.0)
        answer = self.answers[turn]
        if isinstance(answer, BaseException):
            raise answer
        return answer


def said(text: str, latency_ms: float = 0.0) -> Transcription:
    call = ProviderCalled(
        role=ProviderRole.TRANSCRIBER, provider="fake", model="m", attempt=1, outcome="ok", latency_ms=latency_ms
    )
    return Transcription(text=text, provider="fake", model="m", words=len(text.split()), calls=(call,))


@dataclass
class FakeRecommender:
    answers: list[Verdict | StageFailed] = field(default_factory=list)
    delay_s: float = 0.0
    asked: list[RecommendationRequest] = field(default_factory=list)

    async def recommend(self, request: RecommendationRequest) -> Verdict | StageFailed:
        turn = len(self.asked)
        self.asked.append(request)
        await asyncio.sleep(self.delay_s)
        return self.answers[turn] if turn < len(self.answers) else Silence(reason="nada", basis=BASIS)


BASIS = Basis(engine="fake", catalogue_version="c1", rules_version="r1")


def suggest(sku: str, quote: str) -> Suggest:
    item = Suggestion(sku=sku, produto=f"Produto {sku}", explicacao="porque sim", evidence=(quote,))
    return Suggest(items=(item,), basis=BASIS)


def refer(reason: str, quote: str) -> Refer:
    return Refer(reason=reason, message="chame o farmacêutico", evidence=(quote,), basis=BASIS)


class FakeRecorder:
    """Keeps every event; `on_record` may look at the world, or raise, at the moment of writing."""

    def __init__(self) -> None:
        self.events: list[Event] = []
        self.on_record: Callable[[], None] = lambda: None

    async def record(self, events: Sequence[Event]) -> None:
        await asyncio.sleep(0.004)
        self.on_record()
        self.events += events

    def note(self, events: Sequence[Event]) -> None:
        self.events += events

    def of(self, kind: type[E]) -> list[E]:
        return [event for event in self.events if isinstance(event, kind)]


class FakeRegistry:
    def __init__(self) -> None:
        self.keys: dict[str, Counter] = {"boa-chave": COUNTER}
        self.notices: dict[str, bool] = {}
        self.fails: Exception | None = None

    async def authenticate(self, api_key: str) -> Counter | None:
        if self.fails:
            raise self.fails
        return self.keys.get(api_key)

    async def register_client(self, *, email: str, razao_social: str, telefone: str) -> str:
        return "123456"

    async def register_counter(self, *, nome_balcao: str, cliente_codigo: str) -> tuple[str, str]:
        if cliente_codigo != "123456":
            raise RegistryError(f"cliente {cliente_codigo} não existe")
        return "balcao-2", "outra-chave"

    async def revoke_counter(self, balcao_id: str) -> bool:
        return balcao_id == "balcao-1"

    async def set_notice(self, balcao_id: str, *, shown: bool) -> bool:
        self.notices[balcao_id] = shown
        return balcao_id == "balcao-1"
