"""What is recorded: one frozen dataclass per kind of fact, append-only.

Every event carries the id of what it describes and `at` (UTC, aware). Rows are made from these in
`pipeline/record`; nothing else decides what an analyst can see. Texts (fields marked *private*) are
personal data: they are redacted before they get here and stored apart from the facts.
"""

from dataclasses import dataclass, field
from datetime import UTC, datetime
from enum import StrEnum

from pipeline.ids import new_id


def now() -> datetime:
    return datetime.now(UTC)


class ProviderRole(StrEnum):
    TRANSCRIBER = "stt"
    RECOMMENDER = "llm"


class InteractionOutcome(StrEnum):
    """How one question to the recommender ended."""

    SUGGESTED = "sugerida"
    SILENCE = "silencio"
    REFERRED = "encaminhada"
    FAILED = "falhou"
    EXPIRED = "expirada"


@dataclass(frozen=True, slots=True, kw_only=True)
class ClientRegistered:
    cliente_codigo: str
    razao_social: str
    contact: str = ""  # private, sealed: see pipeline.record.contacts
    at: datetime = field(default_factory=now)


@dataclass(frozen=True, slots=True, kw_only=True)
class CounterRegistered:
    balcao_id: str
    cliente_codigo: str
    nome_balcao: str
    key_sha256: str
    at: datetime = field(default_factory=now)


@dataclass(frozen=True, slots=True, kw_only=True)
class CounterRevoked:
    balcao_id: str
    at: datetime = field(default_factory=now)


@dataclass(frozen=True, slots=True, kw_only=True)
class CounterNoticeSet:
    """Whether a counter shows its customers the privacy notice (LGPD)."""

    balcao_id: str
    shown: bool
    at: datetime = field(default_factory=now)


@dataclass(frozen=True, slots=True, kw_only=True)
class SessionStarted:
    session_id: str
    balcao_id: str
    cliente_codigo: str
    protocol_version: int
    replica: str
    at: datetime = field(default_factory=now)


@dataclass(frozen=True, slots=True, kw_only=True)
class SessionEnded:
    """`received_s` = `forwarded_s` + `discarded_s` over the whole session."""

    session_id: str
    reason: str
    close_code: int | None
    received_s: float
    forwarded_s: float
    discarded_s: float
    at: datetime = field(default_factory=now)


@dataclass(frozen=True, slots=True, kw_only=True)
class UtteranceHeard:
    """One utterance that the gate let through, with the audio since the previous one accounted for.

    `received_s` covers everything from the previous account to this utterance's end;
    `discarded_s` = `received_s` - `forwarded_s`. A session's last account has `utterance_id` None.
    """

    session_id: str
    utterance_id: str | None
    conversation_id: str | None
    start_sample: int
    end_sample: int
    received_s: float
    forwarded_s: float
    discarded_s: float
    continues: bool = False  # cut at the longest length; the next one goes on from here
    closing_silence_ms: float | None = None
    gate_ms: float | None = None  # last sample received -> decision delivered
    noise_dbfs: float | None = None
    speech_dbfs: float | None = None
    snr_db: float | None = None
    clipped_fraction: float | None = None
    dc_offset: float | None = None
    engine: str | None = None
    at: datetime = field(default_factory=now)


@dataclass(frozen=True, slots=True, kw_only=True)
class ProviderCalled:
    """One attempt at a provider, failed ones too. `error` is our own wording, never the vendor's text."""

    call_id: str = field(default_factory=new_id)
    session_id: str | None = None
    utterance_id: str | None = None
    interaction_id: str | None = None
    role: ProviderRole
    provider: str
    model: str
    attempt: int
    outcome: str  # "ok", a category of pipeline.providers.errors, or pipeline.providers.bill.UNASKED
    http_status: int | None = None
    latency_ms: float
    tokens_in: int | None = None
    tokens_cached: int | None = None
    tokens_out: int | None = None
    audio_s: float | None = None
    cost_usd: float = 0.0
    price_version: str | None = None
    request_id: str | None = None
    error: str | None = None
    at: datetime = field(default_factory=now)


@dataclass(frozen=True, slots=True, kw_only=True)
class Transcribed:
    transcription_id: str = field(default_factory=new_id)
    utterance_id: str
    session_id: str
    conversation_id: str | None
    provider: str
    model: str
    text: str  # private
    removed: tuple[str, ...] = ()  # private: what text hygiene took out, with its reason
    language: str | None = None
    confidence: float | None = None  # mean word probability, 0..1
    words: int = 0
    latency_ms: float = 0.0
    failure: str | None = None  # error category when there is no text because the stage failed
    at: datetime = field(default_factory=now)


@dataclass(frozen=True, slots=True, kw_only=True)
class LatencyBreakdown:
    """From the last word to the card, in ms; parts that did not happen are None."""

    closing_silence_ms: float | None = None
    gate_tick_ms: float | None = None
    transcription_ms: float | None = None
    ask_wait_ms: float | None = None
    recommendation_ms: float | None = None
    record_ms: float | None = None
    write_ms: float | None = None
    total_ms: float | None = None
    own_ms: float | None = None  # utterance closed -> written, providers' own time taken out


@dataclass(frozen=True, slots=True, kw_only=True)
class Decided:
    """One interaction: the recommender was asked and this is what came of it."""

    interaction_id: str
    session_id: str
    conversation_id: str
    utterance_id: str | None
    outcome: InteractionOutcome
    reason: str | None = None  # why silent, refer reason code, or failure category
    engine: str = ""  # "xai", "deterministic", ...
    model: str | None = None
    catalogue_version: str | None = None
    rules_version: str | None = None
    transcript_base: str = ""  # private
    evidence: tuple[str, ...] = ()  # private
    message: str | None = None  # what a refer alert says
    symptoms: tuple[str, ...] = ()  # codes of the catalogue's vocabulary, never free text
    latency: LatencyBreakdown = LatencyBreakdown()
    at: datetime = field(default_factory=now)


@dataclass(frozen=True, slots=True, kw_only=True)
class ProductSuggested:
    recommendation_id: str = field(default_factory=new_id)
    interaction_id: str
    session_id: str
    position: int
    sku: str
    produto: str
    explicacao: str  # private
    at: datetime = field(default_factory=now)


@dataclass(frozen=True, slots=True, kw_only=True)
class Shown:
    """The card was written to the counter's socket: the breakdown is complete only now."""

    interaction_id: str
    session_id: str
    latency: LatencyBreakdown
    at: datetime = field(default_factory=now)


@dataclass(frozen=True, slots=True, kw_only=True)
class FeedbackGiven:
    interaction_id: str
    session_id: str
    resultado: str
    at: datetime = field(default_factory=now)


@dataclass(frozen=True, slots=True, kw_only=True)
class ErrorNoted:
    """Something went wrong. `message` is our own fixed wording: no vendor text, no speech, no keys."""

    component: str
    kind: str
    message: str
    session_id: str | None = None
    utterance_id: str | None = None
    fatal: bool = False
    alert: bool = False  # an operator should act
    error_id: str = field(default_factory=new_id)
    at: datetime = field(default_factory=now)


Event = (
    ClientRegistered
    | CounterRegistered
    | CounterRevoked
    | CounterNoticeSet
    | SessionStarted
    | SessionEnded
    | UtteranceHeard
    | ProviderCalled
    | Transcribed
    | Decided
    | ProductSuggested
    | Shown
    | FeedbackGiven
    | ErrorNoted
)
