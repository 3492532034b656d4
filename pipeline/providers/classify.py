"""Vendor error bodies → categories. The code in the body is looked at first, the HTTP number second.

ElevenLabs: `{"detail": {"status"|"code": …}}`, `{"detail": [{"loc", "msg", "type"}]}`, `{"detail": "text"}`.
xAI: flat `{"code": …, "error": "text"}`. OpenAI and its imitators: `{"error": {"code", "type", "message"}}`.
"""

from collections.abc import Iterator, Mapping

from pipeline.providers.errors import Category

CODES: dict[str, Category] = {
    "concurrent_limit_exceeded": Category.BUSY,
    "too_many_concurrent_requests": Category.BUSY,
    "system_busy": Category.CAPACITY,
    "queue_overflow": Category.CAPACITY,
    "rate_limit_exceeded": Category.RATE,
    "rate_limited": Category.RATE,
    "commit_throttled": Category.RATE,
    "quota_exceeded": Category.QUOTA,
    "insufficient_quota": Category.QUOTA,
    "insufficient_credits": Category.QUOTA,
    "payment_required": Category.QUOTA,
    "invalid_api_key": Category.AUTH,
    "missing_api_key": Category.AUTH,
    "auth_error": Category.AUTH,
    "unaccepted_terms": Category.AUTH,
    "detected_unusual_activity": Category.AUTH,
    "subscription_required": Category.AUTH,
    "insufficient_permissions": Category.AUTH,
    "validation_error": Category.INVALID,
    "invalid_request": Category.INVALID,
    "input_error": Category.INVALID,
    "chunk_size_exceeded": Category.INVALID,
    "internal_error": Category.TRANSIENT,
    "service_unavailable": Category.TRANSIENT,
    "transcriber_error": Category.TRANSIENT,
    "session_time_limit_exceeded": Category.TRANSIENT,
    "insufficient_audio_activity": Category.TRANSIENT,
    "resource_exhausted": Category.RATE,
}

# xAI says the same thing under several codes and numbers: only its sentences tell them apart. Order matters.
PHRASES: tuple[tuple[str, Category], ...] = (
    ("used all available credits", Category.QUOTA),
    ("monthly spending limit", Category.QUOTA),
    ("incorrect api key", Category.AUTH),
    ("currently at capacity", Category.CAPACITY),
    ("too many requests", Category.RATE),
)


def classify(status: int, body: object) -> Category:
    """The category of an answer with an error `status` (>= 400) and its decoded JSON body, None when it had none."""
    words = [text.lower() for text in _texts(body)]
    for text in words:
        if (known := CODES.get(text.replace("-", "_"))) and not _said_otherwise(words):
            return known
    for phrase, category in PHRASES:
        if any(phrase in text for text in words):
            return category
    return by_status(status)


def by_status(status: int) -> Category:
    if status == 402:
        return Category.QUOTA
    if status in (401, 403):
        return Category.AUTH
    if status == 429:
        return Category.RATE
    if status == 408 or status >= 500:
        return Category.TRANSIENT
    return Category.INVALID


def _said_otherwise(words: list[str]) -> bool:
    """A generic code beside a sentence that is more exact, such as resource-exhausted with "currently at capacity"."""
    return any(phrase in text for phrase, _ in PHRASES for text in words)


def _texts(body: object) -> Iterator[str]:
    """The strings of an error body that may name the error, codes before sentences."""
    if isinstance(body, str):
        yield body
    elif isinstance(body, Mapping):
        for key in ("code", "status", "type", "message_type", "error", "detail", "message"):
            yield from _texts(body.get(key))
    elif isinstance(body, list):
        for part in body[:5]:
            yield from _texts(part)
