"""The texts' half of a commit: encrypted texts, session keys, and a ledger of their own."""

from collections.abc import Callable, Iterable

import duckdb

from pipeline.record.cipher import SessionKeys
from pipeline.record.facts import Readable, roll_back
from pipeline.record.ledger import Ledger
from pipeline.record.rows import PrivateText, Row, private_texts
from pipeline.record.tables import insert_all
from pipeline.record.wire import Sequenced


class Texts:
    """Used by one thread at a time."""

    def __init__(self, con: duckdb.DuckDBPyConnection, keys: SessionKeys, is_erased: Callable[[str], bool]) -> None:
        self.con = con
        self.ledger = Ledger(con, "lotes")
        self._keys = keys
        self._is_erased = is_erased

    def commit(self, batches: Readable) -> None:
        """Encrypt and write what the ledger does not have yet. Nothing to say costs no transaction."""
        fresh = [text for origin, events, _ in batches for text in self._fresh(origin, events)]
        if not fresh:
            return
        created: list[str] = []
        self.con.execute("BEGIN")
        try:
            self._take_up_keys({text.session_id for text in fresh})
            insert_all(self.con, "main", self._rows(fresh, created))
            for origin, _, last_seq in batches:
                self.ledger.stage(origin, last_seq)
            self.ledger.write()
            self.con.execute("COMMIT")
        except BaseException:
            self.ledger.drop()
            for session_id in created:
                self._keys.forget(session_id)
            roll_back(self.con)
            raise
        self.ledger.commit()

    def _fresh(self, origin: str, events: list[Sequenced]) -> Iterable[PrivateText]:
        known = self.ledger.seq(origin)
        for found in events:
            if found.seq > known:
                yield from (text for text in private_texts(found.event) if not self._is_erased(text.session_id))

    def _rows(self, texts: Iterable[PrivateText], created: list[str]) -> Iterable[tuple[str, Row]]:
        for text in texts:
            if not self._keys.knows(text.session_id):
                created.append(text.session_id)
                yield "chaves", self._keys.create(text.session_id, text.at)
            yield "textos", self._keys.encrypt(text)

    def _take_up_keys(self, session_ids: Iterable[str]) -> None:
        """Those that are stored and not in use yet, in one question: each would cost a millisecond."""
        unknown = [session_id for session_id in session_ids if not self._keys.knows(session_id)]
        if not unknown:
            return
        sql = f"SELECT sessao_id::VARCHAR, cifrada FROM chaves WHERE sessao_id IN ({', '.join('?' * len(unknown))})"
        for session_id, wrapped in self.con.execute(sql, unknown).fetchall():
            self._keys.unwrap(session_id, wrapped)

    def read(self, session_id: str) -> list[tuple[str, str, str]]:
        """(owner, owner id, text) of one session, oldest first; nothing when its key was erased."""
        self._take_up_keys([session_id])
        if not self._keys.knows(session_id):
            return []
        sql = "SELECT dono, dono_id::VARCHAR, cifrado FROM textos WHERE sessao_id = ? ORDER BY em"
        rows = self.con.execute(sql, [session_id]).fetchall()
        return [
            (owner, own_id, self._keys.decrypt(session_id, owner, own_id, sealed)) for owner, own_id, sealed in rows
        ]
