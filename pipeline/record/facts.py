"""The facts' half of a commit: rows of `bruto`, and the ledger, in one transaction."""

from collections.abc import Iterable, Sequence
from contextlib import suppress
from datetime import datetime
from zoneinfo import ZoneInfo

import duckdb

from pipeline.events import SessionStarted
from pipeline.record.counters import SessionCounters
from pipeline.record.ledger import Ledger
from pipeline.record.rows import PrivateText, Row, as_uuid, fact, private_texts, session_of
from pipeline.record.tables import insert_all
from pipeline.record.views import SEALED_TABLES
from pipeline.record.wire import Sequenced

Readable = Sequence[tuple[str, list[Sequenced], int]]  # (origin, its events, the last sequence number it covers)


class Facts:
    """Used by the writer's thread only."""

    def __init__(self, con: duckdb.DuckDBPyConnection, *, publish_texts: bool, timezone: str) -> None:
        self.con = con
        self.ledger = Ledger(con, "bruto.lotes")
        self.latest_at: datetime | None = self._latest_published()
        self._publish_texts = publish_texts
        self._timezone = ZoneInfo(timezone)
        self._counters = SessionCounters(con)
        self._erased = {
            row[0] for row in con.execute("SELECT DISTINCT sessao_id::VARCHAR FROM bruto.eliminacoes").fetchall()
        }

    def _latest_published(self) -> datetime | None:
        rows = self.con.execute("SELECT ultimo_fato_em FROM bruto.publicacoes").fetchall()
        return rows[0][0] if rows else None

    def is_erased(self, session_id: str | None) -> bool:
        return session_id in self._erased

    def erased(self, session_ids: Iterable[str]) -> None:
        self._erased.update(session_ids)

    def commit(self, batches: Readable) -> int:
        """Write what the ledger does not have yet, in one transaction. Returns how many events that was."""
        self.con.execute("BEGIN")
        try:
            self._counters.learn(_begun_before(batches))
            rows = [row for batch in batches for row in self._rows(*batch)]
            insert_all(self.con, "bruto", rows)
            self.ledger.write()
            self.con.execute("COMMIT")
        except BaseException:
            self.ledger.drop()
            roll_back(self.con)
            raise
        self.ledger.commit()
        return len(rows)

    def _rows(self, origin: str, events: list[Sequenced], last_seq: int) -> Iterable[tuple[str, Row]]:
        known = self.ledger.seq(origin)
        for found in events:
            if found.seq > known:
                table, row = fact(found.event)
                session_id = row.get("sessao_id")
                if self.is_erased(session_id):
                    continue
                self.latest_at = row["em"]
                if table in SEALED_TABLES:
                    row["dia"] = row["em"].astimezone(self._timezone).date()
                if isinstance(found.event, SessionStarted):
                    self._counters.remember(as_uuid(found.event.session_id), row)
                elif "sessao_id" in row:
                    row |= self._counters.of(session_id)
                yield table, row
                if self._publish_texts:
                    yield from (("textos_publicados", _plain(text)) for text in private_texts(found.event))
        self.ledger.stage(origin, last_seq)


def _begun_before(batches: Readable) -> set[str]:
    """The sessions that are spoken of and do not begin here."""
    events = [found.event for _, found_events, _ in batches for found in found_events]
    begun = {as_uuid(event.session_id) for event in events if isinstance(event, SessionStarted)}
    return {session_id for event in events if (session_id := session_of(event)) is not None} - begun


def _plain(text: PrivateText) -> Row:
    return {
        "dono": text.owner,
        "dono_id": text.owner_id,
        "sessao_id": text.session_id,
        "em": text.at,
        "texto": text.text,
    }


def roll_back(con: duckdb.DuckDBPyConnection) -> None:
    with suppress(duckdb.Error):  # COMMIT itself failed and ended the transaction, or the database is out of action
        con.execute("ROLLBACK")
