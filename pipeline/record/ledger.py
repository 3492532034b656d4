"""How far each origin was committed: what makes a batch that is sent twice recorded once."""

from datetime import UTC, datetime

import duckdb
import pyarrow as pa
import pyarrow.compute as pc

from pipeline.record.batch import SEQ
from pipeline.record.tables import insert


class Ledger:
    """`lotes` of one file, mirrored in memory. `stage` inside a transaction, then `commit` or `drop`."""

    def __init__(self, con: duckdb.DuckDBPyConnection, table: str) -> None:
        self._con = con
        self._table = table
        rows = con.execute(f"SELECT origem, max(ultimo_seq) FROM {table} GROUP BY origem").fetchall()
        self._seqs: dict[str, int] = dict(rows)
        self._staged: dict[str, int] = {}

    def seq(self, origin: str) -> int:
        return self._staged.get(origin, self._seqs.get(origin, 0))

    def fresh(self, origin: str, rows: pa.Table) -> pa.Table:
        """Those of an origin's rows, at least one, that come after what was committed or staged."""
        known = self.seq(origin)
        return rows if rows[SEQ][0].as_py() > known else rows.filter(pc.field(SEQ) > known)

    def stage(self, origin: str, seq: int) -> None:
        self._staged[origin] = max(seq, self.seq(origin))

    def write(self) -> None:
        """The staged numbers, into the open transaction."""
        moment = datetime.now(UTC)
        new = []
        for origin, seq in self._staged.items():
            if origin in self._seqs:
                sql = f"UPDATE {self._table} SET ultimo_seq = ?, atualizado_em = ? WHERE origem = ?"
                self._con.execute(sql, [seq, moment, origin])
            else:
                new.append({"origem": origin, "ultimo_seq": seq, "atualizado_em": moment})
        insert(self._con, self._table, new)

    def commit(self) -> None:
        self._seqs.update(self._staged)
        self._staged.clear()

    def drop(self) -> None:
        self._staged.clear()
