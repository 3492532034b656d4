"""What of an event goes to the private file: words of customers and about them, to be encrypted. All else is facts."""

from collections.abc import Iterator
from datetime import datetime

from pipeline import events as e
from pipeline.record.rows import Row
from pipeline.record.uuids import as_uuid

TEXTS = "textos"


def private_texts(event: e.Event) -> Iterator[tuple[str, Row]]:
    """(TEXTS, row) of what was said or written about a customer, to be encrypted; `dono` says what has `dono_id`."""
    match event:
        case e.Transcribed():
            own = (event.transcription_id, event.session_id, event.at)
            yield from _texts("transcricao", *own, event.text)
            yield from _texts("removido", *own, *event.removed)
        case e.Decided():
            own = (event.interaction_id, event.session_id, event.at)
            yield from _texts("base", *own, event.transcript_base)
            yield from _texts("evidencia", *own, *event.evidence)
        case e.ProductSuggested():
            yield from _texts("explicacao", event.recommendation_id, event.session_id, event.at, event.explicacao)


def _texts(owner: str, owner_id: str, session_id: str, at: datetime, *texts: str) -> Iterator[tuple[str, Row]]:
    for text in texts:
        if text:
            ids = {"dono_id": as_uuid(owner_id), "sessao_id": as_uuid(session_id)}
            yield TEXTS, {"dono": owner, **ids, "em": at, "texto": text}
