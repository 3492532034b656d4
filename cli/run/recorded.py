"""The timings that the record holds of one interaction, read as an analyst would: from the published file."""

import time
from collections.abc import Sequence
from pathlib import Path

POLL_S = 0.5

# Column of analise.interacoes -> what it means to someone who sees it for the first time.
PARTS = {
    "silencio_ms": "silence that closed the utterance",
    "portao_ms": "gate",
    "transcricao_ms": "transcription (emulated)",
    "espera_ms": "waiting to ask",
    "recomendacao_ms": "recommendation (model emulated)",
    "registro_ms": "recording it, before it is shown",
    "envio_ms": "writing it to the socket",
    "total_ms": "last word to card, as recorded",
    "proprio_ms": "of that Balto's own, silence and providers apart",
}


def recorded_timings(published_db: Path, interaction_id: str, within_s: float) -> list[tuple[str, float]]:
    """(what, ms), in the order they happen; empty when the interaction is not published in time."""
    deadline_s = time.monotonic() + within_s
    while time.monotonic() < deadline_s:
        row = _read(published_db, interaction_id)
        if row is not None:
            return [(label, ms) for label, ms in zip(PARTS.values(), row, strict=True) if ms is not None]
        time.sleep(POLL_S)
    return []


def _read(published_db: Path, interaction_id: str) -> Sequence[float | None] | None:
    import duckdb

    try:
        with duckdb.connect(str(published_db), read_only=True) as database:
            return database.execute(
                f"SELECT {', '.join(PARTS)} FROM analise.interacoes WHERE interacao_id = ? AND exibida_em IS NOT NULL",
                [interaction_id],
            ).fetchone()
    except duckdb.IOException:  # not published yet, or replaced at this moment
        return None
