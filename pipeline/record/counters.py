"""Whose session it is: every fact of a session names its counter and its client, said once when the session begins."""

from collections import OrderedDict
from collections.abc import Iterable, Mapping

import duckdb
import pyarrow as pa

from pipeline.record.rows import Row

_CACHED_SESSIONS = 50_000
NOBODY: Row = {"balcao_id": None, "cliente_codigo": None}


class SessionCounters:
    """Used by the writer's thread only."""

    def __init__(self, con: duckdb.DuckDBPyConnection) -> None:
        self._con = con
        self._counters: OrderedDict[str, Row] = OrderedDict()

    def remember(self, session_id: str, row: Row) -> None:
        """`row` has the columns of NOBODY among others."""
        self._counters[session_id] = {name: row[name] for name in NOBODY}
        if len(self._counters) > _CACHED_SESSIONS:
            self._counters.popitem(last=False)

    def of(self, session_id: str | None) -> Row:
        return NOBODY if session_id is None else self._counters.get(session_id, NOBODY)

    def meet(self, tables: Mapping[str, pa.Table]) -> None:
        """Whose sessions these rows are of: said by the rows that begin one, else by what was recorded before."""
        for row in tables["sessoes"].to_pylist() if "sessoes" in tables else ():
            if row["evento"] == "inicio":
                self.remember(row["sessao_id"], row)
        spoken_of = [rows["sessao_id"].unique() for rows in tables.values() if "sessao_id" in rows.column_names]
        self.learn({session_id for some in spoken_of for session_id in some.to_pylist()} - {None})

    def learn(self, session_ids: Iterable[str]) -> None:
        """Of sessions that began before this process did: one question to the hot rows, one to the closed days."""
        unknown = set(session_ids) - self._counters.keys()
        for table in ("bruto.sessoes", "fatos.sessoes"):
            if unknown:
                marks = ", ".join("?" * len(unknown))
                sql = f"SELECT sessao_id::VARCHAR, {', '.join(NOBODY)} FROM {table} WHERE evento = 'inicio'"
                rows = self._con.execute(f"{sql} AND sessao_id IN ({marks})", list(unknown)).fetchall()
                for session_id, *counter in rows:
                    self.remember(session_id, dict(zip(NOBODY, counter, strict=True)))
                    unknown.discard(session_id)
        for session_id in unknown:
            self.remember(session_id, NOBODY)
