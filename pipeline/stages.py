"""The seams: what a conversation needs from the gate, the transcriber, the recommender, the recorder and the registry.

Deployment handles implement these in production, plain objects in tests. A stage answers with a value, also
when it fails (`StageFailed`): exceptions do not travel well between processes, and a failure is data to record.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple, Protocol

from pipeline.audio import SAMPLE_BYTES, AudioBuffer
from pipeline.events import Event, ProviderCalled

StreamId = str  # one per session


# --- gate -------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class StreamOptions:
    """What one counter, or its conversation, asks of the gate; None keeps the replica's own setting."""

    energy_threshold: int | None = None  # VAD_ENERGY_THRESHOLD, 16-bit RMS units; higher hears less
    closing_silence_ms: int | None = None
    pre_roll_ms: int | None = None
    followed: bool = False  # somebody follows open utterances: all that is said of them is news


@dataclass(frozen=True, slots=True)
class StreamOpening:
    """What a gate replica needs to take up a stream: a new one, a moved one, or one being replayed."""

    options: StreamOptions = StreamOptions()
    delivered_upto_sample: int = 0  # utterances that end at or before this were delivered already: do not repeat
    memory: bytes = b""  # `memory` of the reply whose `replay_from_sample` this replay starts at


class StreamTick(NamedTuple):  # ten a second and counter: a tuple is made in a third of a dataclass's time
    """One stream's new audio in one tick. `pcm` holds whole samples, the first at `start_sample`."""

    stream_id: StreamId
    start_sample: int
    pcm: bytes | memoryview
    opening: StreamOpening | None = None  # given with the first tick that a replica sees of a stream
    final: bool = False  # the stream ends after this audio: flush, answer, forget

    @property
    def end_sample(self) -> int:
        return self.start_sample + len(self.pcm) // SAMPLE_BYTES


@dataclass(frozen=True, slots=True)
class SpeechSpan:
    """An utterance that the gate closed: [start_sample, end_sample) goes to the transcriber."""

    start_sample: int  # pre-roll included
    end_sample: int  # trailing pad included
    speech_end_sample: int  # end of the last voiced frame
    closed_at_sample: int  # audio the gate had consumed when it closed it
    continues: bool = False  # cut at the longest length; the next span goes on where this one ends
    noise_dbfs: float | None = None
    speech_dbfs: float | None = None
    snr_db: float | None = None
    clipped_fraction: float | None = None  # samples at full scale
    dc_offset: float | None = None  # of full scale: -1 to 1
    engine: str | None = None  # that heard it, as the settings name it


class GateReply(NamedTuple):
    """What a gate replica says of one stream after a tick.

    `known` False: the replica does not hold this stream (it is new there, or audio is missing before
    `start_sample`) and consumed nothing; send again from `replay_from_sample` of the last good reply, with an opening.
    `replay_from_sample`: a fresh gate fed from here, then everything after, comes to the same decisions
    (within 30 ms): all earlier audio may be released, as far as the gate is concerned.
    `memory` is handed back in an opening there. `news` False: nothing that matters has changed since the reply before.
    """

    stream_id: StreamId
    known: bool
    decided_upto_sample: int = 0
    replay_from_sample: int = 0
    spans: tuple[SpeechSpan, ...] = ()
    speech_since_sample: int | None = None  # an utterance is open and starts here (pre-roll included)
    closing: bool = False  # it is open, but the voice has paused: a likely end
    memory: bytes | None = None  # opaque: what the gate knew at `replay_from_sample`; None while that does not move
    news: bool = True


class GateHost(Protocol):
    """What a gate replica hosts: many streams, advanced together, so that work is batched across counters."""

    def step(self, ticks: Sequence[StreamTick]) -> list[GateReply]:
        """One reply per tick, in order. Never raises for one stream's sake."""

    def forget(self, stream_ids: Sequence[StreamId]) -> None:
        """Drop streams that moved away."""

    @property
    def streams(self) -> int: ...


class GateStream(Protocol):
    """One counter's side of the gate. Single use."""

    def notify(self) -> None:
        """New audio is in the buffer."""

    async def finish(self) -> None:
        """No more audio: returns once every sample was decided and delivered, or the gate gave up."""

    def close(self) -> None:
        """Leave at once; nothing more is delivered."""


class Gate(Protocol):
    def open(
        self,
        stream_id: StreamId,
        audio: AudioBuffer,
        options: StreamOptions,
        deliver: Callable[[GateReply], None],
    ) -> GateStream: ...


# --- transcriber and recommender ---------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class StageFailed:
    """A stage could not answer. `category` is a value of pipeline.providers.errors.Category, or "expirada"."""

    category: str
    message: str  # our own wording, safe to record and to log
    calls: tuple[ProviderCalled, ...] = ()
    alert: bool = False  # an operator should act (quota, credit, bad key)


@dataclass(frozen=True, slots=True, kw_only=True)
class TranscriptionRequest:
    session_id: str
    utterance_id: str
    balcao_id: str  # whose turn it is, when the provider is the bottleneck
    cliente_codigo: str
    pcm: bytes
    budget_s: float  # time left for everything, queueing and retries included
    start_sample: int = 0  # where `pcm` begins in the session
    speech_end_sample: int | None = None  # end of the last voiced frame, where that is known
    previous_text: str = ""
    foreseen: bool = False  # still open: what one who listens along was asked for in the pause at its end, if anything


@dataclass(frozen=True, slots=True, kw_only=True)
class Transcription:
    text: str  # cleaned; "" when nothing was said
    provider: str
    model: str
    removed: tuple[str, ...] = ()
    language: str | None = None
    confidence: float | None = None
    words: int = 0
    calls: tuple[ProviderCalled, ...] = ()


class Transcriber(Protocol):
    async def transcribe(self, request: TranscriptionRequest) -> Transcription | StageFailed: ...


@dataclass(frozen=True, slots=True)
class SpeechPart:
    """Speech of an utterance that is still open, for a transcriber that listens along.

    Best effort: parts may be missing or late, since the request that follows carries the whole utterance.
    """

    stream_id: StreamId
    balcao_id: str
    utterance_start_sample: int
    start_sample: int
    pcm: bytes  # b"", with nothing to settle: the utterance came to nothing, forget it
    settle_within_s: float | None = None  # the voice has paused after this part: ask for the text so far
    cliente_codigo: str = ""  # who pays for it


class ListeningAlong(Protocol):
    """Takes speech while it is spoken, so that its text is there when the utterance closes. Never waits."""

    def feed(self, part: SpeechPart) -> None: ...

    def end(self, stream_id: StreamId) -> None:
        """The stream has ended."""


class Heard(NamedTuple):
    """One transcribed utterance; speakers are not told apart. Every question carries all of them so far."""

    utterance_id: str
    text: str
    at_s: float  # when it began, seconds on the session's clock
    end_s: float


@dataclass(frozen=True, slots=True, kw_only=True)
class RecommendationRequest:
    session_id: str
    interaction_id: str
    balcao_id: str
    cliente_codigo: str
    conversation_id: str
    heard: tuple[Heard, ...]  # the whole conversation with this customer so far, oldest first
    shown_skus: tuple[str, ...] = ()  # never suggested twice in a conversation
    budget_s: float = 8.0
    model_allowed: bool = True  # False: the client's daily budget is nearly spent, the catalogue answers alone


@dataclass(frozen=True, slots=True, kw_only=True)
class Basis:
    """What a verdict rests on, for the record."""

    engine: str
    model: str | None = None
    catalogue_version: str = ""
    rules_version: str = ""
    calls: tuple[ProviderCalled, ...] = ()
    notes: tuple[str, ...] = ()  # why candidates were dropped, why the model's answer was refused
    symptoms: tuple[str, ...] = ()  # complaints and warning signs that were said, as codes of the lexicon


@dataclass(frozen=True, slots=True, kw_only=True)
class Suggestion:
    sku: str
    produto: str
    explicacao: str
    evidence: tuple[str, ...]  # literal quotes of the transcript


@dataclass(frozen=True, slots=True, kw_only=True)
class Suggest:
    items: tuple[Suggestion, ...]  # best first, at least one
    basis: Basis


@dataclass(frozen=True, slots=True, kw_only=True)
class Silence:
    reason: str
    basis: Basis


@dataclass(frozen=True, slots=True, kw_only=True)
class Refer:
    """Call the pharmacist, or urgent care. Withdraws what was suggested before in this conversation."""

    reason: str  # code of configs/rules
    message: str  # Portuguese, for the attendant
    evidence: tuple[str, ...]
    basis: Basis
    urgent: bool = False


Verdict = Suggest | Silence | Refer


class Recommender(Protocol):
    async def recommend(self, request: RecommendationRequest) -> Verdict | StageFailed: ...


# --- recorder and registry ---------------------------------------------------------------------------------


class Recorder(Protocol):
    async def record(self, events: Sequence[Event]) -> None:
        """Returns once the events are durable, spooled and synced at the least.

        Raises pipeline.record.errors.RecordError when they cannot be.
        """

    def note(self, events: Sequence[Event]) -> None:
        """The same, without waiting: durable within the spool's flush interval, in order with `record`."""


@dataclass(frozen=True, slots=True)
class Counter:
    """An authenticated counter."""

    balcao_id: str
    cliente_codigo: str
    nome_balcao: str
    options: StreamOptions = field(default_factory=StreamOptions)


class RegistryError(Exception):
    """A registration was refused; the message says why and how to mend it."""


class Registry(Protocol):
    """Who may connect (`cadastro`). Keys are kept hashed; the plain key is returned once, at creation."""

    async def authenticate(self, api_key: str) -> Counter | None: ...

    async def register_client(self, *, email: str, razao_social: str, telefone: str) -> str:
        """The new client's six-digit `codigo`."""

    async def register_counter(self, *, nome_balcao: str, cliente_codigo: str) -> tuple[str, str]:
        """(`balcao_id`, `api_key`). Raises RegistryError for an unknown client."""

    async def revoke_counter(self, balcao_id: str) -> bool: ...

    async def set_notice(self, balcao_id: str, *, shown: bool) -> bool:
        """Whether the counter shows its customers the privacy notice. False for an unknown counter."""
