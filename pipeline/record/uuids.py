"""Ids as the tables have them."""

import re
from uuid import UUID, uuid5

_FOREIGN_IDS = UUID("6f1c0f0e-5a40-4f3c-9d0a-5b0a6f6b8a10")  # names ids that are not UUIDs
_CANONICAL = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")


def as_uuid(text: str) -> str:
    """The id itself, or a UUID derived from it: no event is refused for the shape of an id."""
    if _CANONICAL.fullmatch(text):
        return text  # nearly always, and ten times as fast
    try:
        return str(UUID(text))
    except ValueError:
        return str(uuid5(_FOREIGN_IDS, text))


def as_uuid_or_none(text: str | None) -> str | None:
    return None if text is None else as_uuid(text)
