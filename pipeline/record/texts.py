"""The texts' half of a commit: encrypted texts, session keys, and a ledger of their own."""

from collections.abc import Callable, Iterable, Sequence

import duckdb

from pipeline.record.batch import Received
from pipeline.record.cipher import SessionKeys
from pipeline.record.ledger import Ledger
from pipeline.record.private_rows import TEXTS
from pipeline.record.rows import Row
from pipeline.record.tables import insert
from pipeline.record.transaction import roll_back

_ENDS = ("ASC", "DESC")
_OPEN_COLUMNS = ("dono", "dono_id", "sessao_id", "em")


class Texts:
    """Used by one thread at a time."""

    def __init__(self, con: duckdb.DuckDBPyConnection, keys: SessionKeys, is_erased: Callable[[str], bool]) -> None:
        self.con = con
        self.ledger = Ledger(con, "lotes")
        self._keys = keys
        self._is_erased = is_erased

    def commit(self, batches: Sequence[Received]) -> None:
        """Encrypt and write what the ledger does not have yet. Nothing to say costs no transaction."""
        fresh = self._fresh(batches)
        if not fresh:
            self.ledger.drop()
            return
        created: list[str] = []
        self.con.execute("BEGIN")
        try:
            self._take_up_keys({text["sessao_id"] for text in fresh})
            insert(self.con, "chaves", list(self._new_keys(fresh, created)))
            insert(self.con, "textos", [self._sealed(text) for text in fresh])
            self.ledger.write()
            self.con.execute("COMMIT")
        except BaseException:
            self.ledger.drop()
            for session_id in created:
                self._keys.forget(session_id)
            roll_back(self.con)
            raise
        self.ledger.commit()

    def _fresh(self, batches: Sequence[Received]) -> list[Row]:
        found: list[Row] = []
        for batch in batches:
            if TEXTS in batch.tables:
                found += self.ledger.fresh(batch.origin, batch.tables[TEXTS]).to_pylist()
            self.ledger.stage(batch.origin, batch.last_seq)
        return [text for text in found if not self._is_erased(text["sessao_id"])]

    def _new_keys(self, texts: Iterable[Row], created: list[str]) -> Iterable[Row]:
        for text in texts:
            if not self._keys.knows(text["sessao_id"]):
                created.append(text["sessao_id"])
                yield self._keys.create(text["sessao_id"], text["em"])

    def _sealed(self, text: Row) -> Row:
        return {name: text[name] for name in _OPEN_COLUMNS} | {"cifrado": self._keys.encrypt(text)}

    def _take_up_keys(self, session_ids: Iterable[str]) -> None:
        """Those that are stored and not in use yet, in one question: each would cost a millisecond."""
        unknown = [session_id for session_id in session_ids if not self._keys.knows(session_id)]
        if not unknown:
            return
        sql = f"SELECT sessao_id::VARCHAR, cifrada FROM chaves WHERE sessao_id IN ({', '.join('?' * len(unknown))})"
        for session_id, wrapped in self.con.execute(sql, unknown).fetchall():
            self._keys.unwrap(session_id, wrapped)

    def some_sealed_by_another(self) -> bool:
        """The oldest or the newest session's key belongs to another master key: its texts cannot be read."""
        first, last = (f"(SELECT sessao_id::VARCHAR, cifrada FROM chaves ORDER BY em {end} LIMIT 1)" for end in _ENDS)
        stored = self.con.execute(f"{first} UNION ALL {last}").fetchall()
        return not all(self._keys.unwrap(session_id, wrapped) for session_id, wrapped in stored)

    def read(self, session_id: str) -> list[tuple[str, str, str]]:
        """(owner, owner id, text) of one session, oldest first; nothing when its key was erased."""
        self._take_up_keys([session_id])
        if not self._keys.knows(session_id):
            return []
        sql = "SELECT dono, dono_id::VARCHAR, cifrado FROM textos WHERE sessao_id = ? ORDER BY em"
        read = [
            (owner, own_id, self._keys.decrypt(session_id, owner, own_id, sealed))
            for owner, own_id, sealed in self.con.execute(sql, [session_id]).fetchall()
        ]
        return [(owner, own_id, text) for owner, own_id, text in read if text is not None]
