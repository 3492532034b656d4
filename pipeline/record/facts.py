"""The facts' half of a commit: rows of `bruto`, and the ledger, in one transaction."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from zoneinfo import ZoneInfo

import duckdb
import pyarrow as pa
import pyarrow.compute as pc

from pipeline.record.batch import Received, join
from pipeline.record.counters import NOBODY, SessionCounters
from pipeline.record.ledger import Ledger
from pipeline.record.private_rows import TEXTS
from pipeline.record.tables import insert_arrow
from pipeline.record.transaction import roll_back
from pipeline.record.views import SEALED_TABLES

PUBLISHED_TEXTS = "textos_publicados"


class Facts:
    """Used by the writer's thread only."""

    def __init__(self, con: duckdb.DuckDBPyConnection, *, publish_texts: bool, timezone: str) -> None:
        self.con = con
        self.ledger = Ledger(con, "bruto.lotes")
        self.latest_at: datetime | None = self._latest_published()
        self._timezone = ZoneInfo(timezone)
        self._columns = _columns(con)
        self._goes_to = {table: table for table in self._columns} | ({TEXTS: PUBLISHED_TEXTS} if publish_texts else {})
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

    def commit(self, batches: Sequence[Received]) -> int:
        """Write what the ledger does not have yet, in one transaction. Returns how many rows that was."""
        self.con.execute("BEGIN")
        try:
            tables = self._fresh(batches)
            self._counters.meet(tables)
            written = sum(self._insert(table, rows) for table, rows in tables.items())
            self.ledger.write()
            self.con.execute("COMMIT")
        except BaseException:
            self.ledger.drop()
            roll_back(self.con)
            raise
        self.ledger.commit()
        times = [pc.max(rows["em"]).as_py() for rows in tables.values() if rows.num_rows]
        self.latest_at = max(times, default=self.latest_at)
        return written

    def _fresh(self, batches: Sequence[Received]) -> Mapping[str, pa.Table]:
        """By table of `bruto`. A table that only a newer Balto knows is left out, and so are such columns later."""
        parts: dict[str, list[pa.Table]] = defaultdict(list)
        for batch in batches:
            for table, rows in batch.tables.items():
                if table in self._goes_to:
                    parts[self._goes_to[table]].append(self.ledger.fresh(batch.origin, rows))
            self.ledger.stage(batch.origin, batch.last_seq)
        return {table: join(found) for table, found in parts.items()}

    def _insert(self, table: str, rows: pa.Table) -> int:
        unknown = [name for name in rows.column_names if name not in self._columns[table]]
        rows = rows.drop_columns(unknown) if unknown else rows
        if "sessao_id" in rows.column_names:
            rows = self._of_sessions(table, rows)
        if rows.num_rows:
            if table in SEALED_TABLES:
                rows = rows.append_column("dia", self._days(rows["em"]))
            insert_arrow(self.con, f"bruto.{table}", rows)
        return int(rows.num_rows)

    def _days(self, times: pa.ChunkedArray) -> pa.Array:
        """Local days; nearly always one for all, since what is committed together happened together."""
        ends = pc.min_max(times).as_py()
        first, last = (ends[end].astimezone(self._timezone).date() for end in ("min", "max"))
        if first == last:
            return pa.repeat(first, len(times))
        return pa.array([at.astimezone(self._timezone).date() for at in times.to_pylist()])

    def _of_sessions(self, table: str, rows: pa.Table) -> pa.Table:
        """Without those that were erased; each names its counter and its client."""
        session_ids = rows["sessao_id"].to_pylist()
        if not self._erased.isdisjoint(session_ids):
            rows = rows.filter(pa.array([not self.is_erased(session_id) for session_id in session_ids]))
            session_ids = rows["sessao_id"].to_pylist()
        counters = [self._counters.of(session_id) for session_id in session_ids]
        for name in NOBODY.keys() & self._columns[table]:
            rows = rows.drop_columns([name]) if name in rows.column_names else rows
            rows = rows.append_column(name, pa.array([counter[name] for counter in counters], pa.string()))
        return rows


def _columns(con: duckdb.DuckDBPyConnection) -> dict[str, set[str]]:
    found: dict[str, set[str]] = defaultdict(set)
    sql = "SELECT table_name, column_name FROM duckdb_columns() WHERE schema_name = 'bruto' AND NOT internal"
    for table, column in con.execute(sql).fetchall():
        found[table].add(column)
    return found
