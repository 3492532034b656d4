"""A recorder in a temporary folder, and events to put in it."""

from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import duckdb
import pytest

from configs.record import RecordSettings
from pipeline.events import (
    Decided,
    Event,
    InteractionOutcome,
    LatencyBreakdown,
    ProductSuggested,
    ProviderCalled,
    ProviderRole,
    SessionStarted,
    Shown,
    Transcribed,
    UtteranceHeard,
)
from pipeline.ids import new_id
from pipeline.record.batch import Batch, pack, unpack
from pipeline.record.service import RecordService
from pipeline.record.wire import encode

SETTINGS = RecordSettings(publish_every_s=3600, lock_wait_s=0)
SECRET = "queixa muito particular"


@pytest.fixture
def data_dir(tmp_path: Path) -> Path:
    return tmp_path / "dados"


@pytest.fixture
def open_service(data_dir: Path) -> Iterator[Callable[..., RecordService]]:
    """Open the recorder on `data_dir`; whatever is still open is closed at the end."""
    opened: list[RecordService] = []

    def open_one(**changes: object) -> RecordService:
        service = RecordService(SETTINGS.model_copy(update=changes), data_dir, data_dir / "registro.duckdb")
        opened.append(service)
        return service

    yield open_one
    for service in opened:
        if not service.closed:
            service.close()


def batch(origin: str, first_seq: int, events: list[Event]) -> Batch:
    return pack(origin, [(seq, encode(seq, event)) for seq, event in enumerate(events, first_seq)])


def messages(batch: Batch, after_seq: int = 0) -> list[str]:
    """What the errors in a batch say."""
    found = unpack(batch).tables.get("erros")
    rows = found.to_pylist() if found is not None else []
    return [row["mensagem"] for row in rows if row["seq"] > after_seq]


def conversation(
    session_id: str,
    text: str = "estou com dor de cabeça",
    balcao_id: str = "balcao-1",
    cliente_codigo: str = "123456",
) -> list[Event]:
    """One session with one suggestion, as the conversation records it."""
    utterance_id, interaction_id = new_id(), new_id()
    ids = {"session_id": session_id, "utterance_id": utterance_id}
    latency = LatencyBreakdown(closing_silence_ms=600.0, transcription_ms=500.0, recommendation_ms=700.0)
    return [
        SessionStarted(
            session_id=session_id, balcao_id=balcao_id, cliente_codigo=cliente_codigo, protocol_version=1, replica="r1"
        ),
        UtteranceHeard(
            **ids, conversation_id="c1", start_sample=0, end_sample=32_000, received_s=10.0, forwarded_s=2.0,
            discarded_s=8.0, snr_db=18.5,
        ),
        ProviderCalled(
            **ids, role=ProviderRole.TRANSCRIBER, provider="elevenlabs", model="scribe_v2", attempt=1, outcome="ok",
            latency_ms=480.0, audio_s=2.0, cost_usd=0.0002,
        ),
        Transcribed(
            **ids, conversation_id="c1", provider="elevenlabs", model="scribe_v2", text=text, words=5, latency_ms=500.0
        ),
        Decided(
            **ids, interaction_id=interaction_id, conversation_id="c1", outcome=InteractionOutcome.SUGGESTED,
            engine="xai", model="grok", transcript_base=text, evidence=(text[-12:],), symptoms=("dor_de_cabeca",),
            latency=latency,
        ),
        ProductSuggested(
            interaction_id=interaction_id, session_id=session_id, position=0, sku="789", produto="Dipirona 500 mg",
            explicacao=f"O cliente disse: {text}",
        ),
        Shown(
            interaction_id=interaction_id, session_id=session_id,
            latency=LatencyBreakdown(
                closing_silence_ms=600.0, transcription_ms=500.0, recommendation_ms=700.0, record_ms=5.0, write_ms=0.2,
                total_ms=1805.2, own_ms=12.0,
            ),
        ),
    ]  # fmt: skip


def days_ago(days: int, session_id: str | None = None, balcao_id: str = "balcao-1") -> list[Event]:
    at = datetime.now(UTC) - timedelta(days=days)
    return [replace(event, at=at) for event in conversation(session_id or new_id(), SECRET, balcao_id)]


def published(data_dir: Path, sql: str) -> list[tuple[Any, ...]]:
    with duckdb.connect(str(data_dir / "registro.duckdb"), read_only=True) as con:
        return con.execute(sql).fetchall()


def holding(data_dir: Path, needle: bytes) -> list[Path]:
    return [path for path in data_dir.rglob("*") if path.is_file() and needle in path.read_bytes()]
