"""Erasure (LGPD art. 18): gone from the hot file, closed days, texts, keys and the registry, and from the next copy."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import date, datetime

import duckdb
import pyarrow as pa

from pipeline.ids import new_id
from pipeline.record import registry_store
from pipeline.record.archive import Archive
from pipeline.record.errors import ErasureError
from pipeline.record.facts import PUBLISHED_TEXTS
from pipeline.record.tables import insert
from pipeline.record.transaction import transaction
from pipeline.record.uuids import as_uuid
from pipeline.record.views import SEALED_TABLES
from pipeline.record.writer import Stores


@dataclass(frozen=True, slots=True)
class ErasureRequest:
    """Whose data goes. Exactly one is given: a session, a counter's sessions, a client's sessions and contact, or the
    sessions that began before a day. A request that was cut short is carried out again under the same `request_id`.
    """

    session_id: str | None = None
    balcao_id: str | None = None
    cliente_codigo: str | None = None
    before: date | None = None
    reason: str = "pedido do titular"
    only_plan: bool = False  # say what would go, and touch nothing
    request_id: str = field(default_factory=new_id)

    def __post_init__(self) -> None:
        given = (self.session_id, self.balcao_id, self.cliente_codigo, self.before)
        if sum(wanted is not None for wanted in given) != 1:
            raise ErasureError("name exactly one of a session, a counter, a client, or a day")

    @property
    def scope(self) -> str:
        """As analysts read it."""
        if self.session_id is not None:
            return "sessao"
        if self.cliente_codigo is not None:
            return "cliente"
        return "antes_de" if self.balcao_id is None else "balcao"


@dataclass(frozen=True, slots=True)
class ErasureReceipt:
    """What was done, and what is left (all zero, or the request failed). Of a plan: what is left is what would go."""

    request_id: str
    sessions: int = 0
    rows_erased: int = 0
    texts_erased: int = 0
    files_rewritten: int = 0
    rows_left: int = 0
    keys_left: int = 0
    contacts_erased: int = 0
    contacts_left: int = 0
    counters: int = 0  # whose sessions they are; told by a plan

    @property
    def left(self) -> int:
        return self.rows_left + self.keys_left + self.contacts_left


def plan(stores: Stores, request: ErasureRequest) -> ErasureReceipt:
    """What a request would erase. Raises ErasureError for a session, counter or client unknown."""
    sessions = sessions_of(stores, request)
    with listed(stores.facts.con, sessions) as those:
        sql = f"SELECT count(DISTINCT balcao_id) FROM fatos.sessoes WHERE sessao_id IN {those}"
        counters = stores.facts.con.execute(sql).fetchall()[0][0]
    return ErasureReceipt("", len(sessions), counters=counters, **left_of(stores, request, sessions))


def sessions_of(stores: Stores, request: ErasureRequest) -> list[str]:
    """The sessions a request means, in hot and closed days. Raises ErasureError for what was never recorded."""
    begun = _sessions(stores.facts.con, "bruto.eliminacoes", "pedido_id = ?", request.request_id)
    if begun:
        return begun
    if request.session_id is not None:
        session_id = as_uuid(request.session_id)
        if not _is_known(stores, session_id):
            raise ErasureError(
                f"there is no session {request.session_id} in the record; what is being said now is there in seconds"
            )
        return [session_id]
    if request.cliente_codigo is not None:
        found = _sessions(stores.facts.con, "fatos.sessoes", "cliente_codigo = ?", request.cliente_codigo)
        if not found and not registry_store.is_known(stores.texts.con, request.cliente_codigo):
            raise ErasureError(f"there is no client {request.cliente_codigo} in the record")
        return found
    if request.balcao_id is None:
        return _sessions(stores.facts.con, "fatos.sessoes", "dia < ?", str(request.before))
    found = _sessions(stores.facts.con, "fatos.sessoes", "balcao_id = ?", request.balcao_id)
    if not found:
        raise ErasureError(f"there is no session of the counter {request.balcao_id} in the record")
    return found


def _sessions(con: duckdb.DuckDBPyConnection, table: str, where: str, value: str) -> list[str]:
    rows = con.execute(f"SELECT DISTINCT sessao_id::VARCHAR FROM {table} WHERE {where}", [value]).fetchall()
    return [session_id for (session_id,) in rows]


def _is_known(stores: Stores, session_id: str) -> bool:
    """Some fact or text of it is there, or it was erased before: then that is proven again."""
    facts = [f"fatos.{table}" for table in SEALED_TABLES] + [f"bruto.{PUBLISHED_TEXTS}", "bruto.eliminacoes"]
    return any(
        con.execute(f"SELECT 1 FROM {table} WHERE sessao_id = ? LIMIT 1", [session_id]).fetchall()
        for con, tables in ((stores.facts.con, facts), (stores.texts.con, ["chaves", "textos"]))
        for table in tables
    )


def erase(stores: Stores, archive: Archive, request: ErasureRequest, at: datetime) -> ErasureReceipt:
    """Everything but the registry's log, and rewriting the two files. Whole once it is carried out whole: a request
    that was cut short finds its sessions again by their tombstones.
    """
    sessions = sessions_of(stores, request)
    _note_reason(stores.texts.con, request, at)
    rows = _bury(stores.facts.con, request, sessions, at)
    texts, contacts = _erase_private(stores.texts.con, request, sessions)
    with listed(stores.facts.con, sessions) as those:
        closed, files = archive.rewrite_without(stores.facts.con, those)
    _count(stores.facts.con, request, rows=closed, texts=texts, files=files)
    stores.facts.erased(sessions)
    left = left_of(stores, request, sessions)
    return ErasureReceipt(
        request.request_id, len(sessions), rows + closed, texts, files, contacts_erased=contacts, **left
    )


def _note_reason(con: duckdb.DuckDBPyConnection, request: ErasureRequest, at: datetime) -> None:
    """Why it was asked for: it may name people, so it goes to the private file."""
    if not con.execute("SELECT 1 FROM eliminacoes WHERE pedido_id = ?", [request.request_id]).fetchall():
        insert(con, "eliminacoes", [{"pedido_id": request.request_id, "em": at, "motivo": request.reason}])


def _bury(con: duckdb.DuckDBPyConnection, request: ErasureRequest, sessions: Sequence[str], at: datetime) -> int:
    """Tombstones, hot rows, and what `analise.eliminacoes` tells, at once. Returns how many rows."""
    own = {"pedido_id": request.request_id, "em": at}
    noted = "SELECT 1 FROM bruto.pedidos_eliminacao WHERE pedido_id = ?"
    buried = "SELECT 1 FROM bruto.eliminacoes WHERE pedido_id = ? LIMIT 1"
    nothing_yet = {"fatos_eliminados": 0, "textos_eliminados": 0, "arquivos_reescritos": 0}
    with listed(con, sessions) as those, transaction(con):
        if not con.execute(noted, [request.request_id]).fetchall():
            insert(con, "bruto.pedidos_eliminacao", [own | {"escopo": request.scope} | nothing_yet])
        if not con.execute(buried, [request.request_id]).fetchall():
            insert(con, "bruto.eliminacoes", [own | {"sessao_id": session_id} for session_id in sessions])
        erased = sum(
            int(con.execute(f"DELETE FROM bruto.{table} WHERE sessao_id IN {those}").fetchall()[0][0])
            for table in (*SEALED_TABLES, PUBLISHED_TEXTS)
        )
        _count(con, request, rows=erased, texts=0, files=0)
    return erased


def _count(con: duckdb.DuckDBPyConnection, request: ErasureRequest, *, rows: int, texts: int, files: int) -> None:
    con.execute(
        "UPDATE bruto.pedidos_eliminacao SET fatos_eliminados = fatos_eliminados + ?,"
        " textos_eliminados = textos_eliminados + ?, arquivos_reescritos = arquivos_reescritos + ? WHERE pedido_id = ?",
        [rows, texts, files, request.request_id],
    )


def _erase_private(con: duckdb.DuckDBPyConnection, request: ErasureRequest, sessions: Sequence[str]) -> tuple[int, int]:
    """Texts, keys and a client's contact, at once. Returns (texts, contacts)."""
    contacts = 0
    with listed(con, sessions) as those, transaction(con):
        gone = con.execute(f"DELETE FROM textos WHERE sessao_id IN {those}").fetchall()
        con.execute(f"DELETE FROM chaves WHERE sessao_id IN {those}")
        if request.cliente_codigo is not None:
            contacts = registry_store.contacts_of(con, request.cliente_codigo)
            registry_store.forget_contact(con, request.cliente_codigo)
    return int(gone[0][0]), contacts


def left_of(stores: Stores, request: ErasureRequest, sessions: Sequence[str]) -> dict[str, int]:
    """Rows, keys and texts, and contacts still there: the proof."""
    with listed(stores.facts.con, sessions) as those:
        rows = _rows_of(stores.facts.con, [f"fatos.{table}" for table in SEALED_TABLES], those)
    with listed(stores.texts.con, sessions) as those:
        keys = _rows_of(stores.texts.con, ["chaves", "textos"], those)
    client = request.cliente_codigo
    contacts = 0 if client is None else registry_store.contacts_of(stores.texts.con, client)
    return {"rows_left": rows, "keys_left": keys, "contacts_left": contacts}


def _rows_of(con: duckdb.DuckDBPyConnection, tables: Sequence[str], those: str) -> int:
    counts = [con.execute(f"SELECT count(*) FROM {table} WHERE sessao_id IN {those}").fetchall() for table in tables]
    return sum(int(count[0][0]) for count in counts)


@contextmanager
def listed(con: duckdb.DuckDBPyConnection, session_ids: Sequence[str]) -> Iterator[str]:
    """A subquery of these sessions, of which there may be hundreds of thousands. Not inside a transaction."""
    asked = pa.table({"sessao_id": pa.array(session_ids, pa.string())})
    con.execute("CREATE OR REPLACE TEMP TABLE sessoes_pedidas AS SELECT sessao_id::UUID AS sessao_id FROM asked")
    del asked
    yield "(SELECT sessao_id FROM temp.sessoes_pedidas)"
    con.execute("DROP TABLE IF EXISTS temp.sessoes_pedidas")
