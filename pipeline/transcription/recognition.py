"""What a speech provider heard, before text hygiene; the same for every provider."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from pipeline.audio import SAMPLE_BYTES, SAMPLE_RATE_HZ
from pipeline.providers.calls import Reply
from pipeline.providers.errors import AnswerUnreadable, Category
from pipeline.providers.prices import Usage

LANGUAGES = {"por": "pt", "portuguese": "pt", "spa": "es", "spanish": "es", "eng": "en", "english": "en"}


@dataclass(frozen=True, slots=True)
class Word:
    """A word with its times in seconds from the start of the audio sent; natural-log probability."""

    text: str
    start_s: float | None = None
    end_s: float | None = None
    logprob: float | None = None


@dataclass(frozen=True, slots=True)
class Recognition:
    text: str
    words: tuple[Word, ...] = ()
    language: str | None = None

    @property
    def confidence(self) -> float | None:
        """Mean word probability, 0..1; None when the provider gives none."""
        known = [word.logprob for word in self.words if word.logprob is not None]
        return sum(math.exp(min(0.0, logprob)) for logprob in known) / len(known) if known else None


def joined(pieces: Sequence[Recognition]) -> Recognition:
    """One utterance from pieces in order, as they were written: "não. Tem febre" must not become "não tem febre"."""
    text = " ".join(piece.text.strip() for piece in pieces if piece.text.strip())
    words = tuple(word for piece in pieces for word in piece.words)
    return Recognition(text, words, next((piece.language for piece in pieces if piece.language), None))


class SpeechProvider(Protocol):
    """One provider's wire. `recognise` makes one attempt; who may call when is the account's business."""

    name: str
    model: str

    def usage(self, audio_s: float) -> Usage:
        """What `audio_s` of audio is billed as."""

    async def recognise(self, pcm: bytes, previous_text: str) -> Reply[Recognition]:
        """Raises ProviderError."""

    async def aclose(self) -> None: ...


def pcm_seconds(pcm: bytes) -> float:
    return len(pcm) / (SAMPLE_BYTES * SAMPLE_RATE_HZ)


def two_letters(language: object) -> str | None:
    """`por`, `pt-BR` and `Portuguese` are all `pt`; what has another form is kept as it came."""
    if not isinstance(language, str) or not language:
        return None
    code = language.lower().split("-")[0]
    return LANGUAGES.get(code, code)


def text_of(body: Mapping[str, Any]) -> str:
    text = body.get("text")
    if not isinstance(text, str):
        raise AnswerUnreadable(Category.MALFORMED, "a transcription without text", http_status=200, billed=True)
    return text


def words_of(items: object, *, text_key: str = "text") -> tuple[Word, ...]:
    """Words from a list of `{text, start, end, logprob, type}`; spacing and event marks are left out."""
    if not isinstance(items, Sequence) or isinstance(items, str | bytes):
        return ()
    return tuple(
        Word(
            str(item.get(text_key, "")),
            _number(item.get("start")),
            _number(item.get("end")),
            _number(item.get("logprob")),
        )
        for item in items
        if isinstance(item, Mapping) and item.get("type", "word") == "word"
    )


def _number(value: object) -> float | None:
    return float(value) if isinstance(value, int | float) and not isinstance(value, bool) else None
