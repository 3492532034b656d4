"""Erasure (LGPD art. 18) and retention: gone from the hot file, closed days, texts and keys, and from the next copy."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime

import duckdb

from pipeline.ids import new_id
from pipeline.record.archive import Archive
from pipeline.record.errors import ErasureError
from pipeline.record.facts import PUBLISHED_TEXTS
from pipeline.record.rows import as_uuid
from pipeline.record.tables import insert
from pipeline.record.views import SEALED_TABLES
from pipeline.record.writer import Stores


@dataclass(frozen=True, slots=True)
class ErasureRequest:
    """Whose data goes: one session, one counter's sessions, or those that began before a day. Exactly one is given."""

    session_id: str | None = None
    balcao_id: str | None = None
    before: date | None = None
    reason: str = "pedido do titular"
    only_plan: bool = False  # say what would go, and touch nothing

    def __post_init__(self) -> None:
        if sum(wanted is not None for wanted in (self.session_id, self.balcao_id, self.before)) != 1:
            raise ErasureError("name exactly one of a session, a counter, or a day")

    @property
    def scope(self) -> str:
        """As analysts read it."""
        if self.session_id is not None:
            return "sessao"
        return "antes_de" if self.balcao_id is None else "balcao"


@dataclass(frozen=True, slots=True)
class ErasureReceipt:
    """What was done, and what is left (all zero, or the request failed). Of a plan: what is left is what would go."""

    request_id: str
    sessions: int
    rows_erased: int
    texts_erased: int
    files_rewritten: int
    rows_left: int
    keys_left: int
    counters: int = 0  # whose sessions they are; told by a plan


def plan(stores: Stores, request: ErasureRequest) -> ErasureReceipt:
    """What a request would erase. Raises ErasureError for a session or counter unknown."""
    sessions = sessions_of(stores, request)
    if not sessions:
        return ErasureReceipt("", 0, 0, 0, 0, 0, 0)
    sql = f"SELECT count(DISTINCT balcao_id) FROM fatos.sessoes WHERE sessao_id IN ({_marks(sessions)})"
    counters = stores.facts.con.execute(sql).fetchall()[0][0]
    return ErasureReceipt("", len(sessions), 0, 0, 0, *left_of(stores, sessions), counters=counters)


def sessions_of(stores: Stores, request: ErasureRequest) -> list[str]:
    """The sessions a request means, in hot and closed days. Raises ErasureError for a session or counter unknown."""
    if request.session_id is not None:
        session_id = as_uuid(request.session_id)
        if not _is_known(stores, session_id):
            raise ErasureError(
                f"there is no session {request.session_id} in the record; what is being said now is there in seconds"
            )
        return [session_id]
    if request.balcao_id is not None:
        where, value = "balcao_id = ?", str(request.balcao_id)
    else:
        where, value = "dia < ?", str(request.before)
    sql = f"SELECT DISTINCT sessao_id::VARCHAR FROM fatos.sessoes WHERE {where}"
    found = [session_id for (session_id,) in stores.facts.con.execute(sql, [value]).fetchall()]
    if request.balcao_id is not None and not found:
        raise ErasureError(f"there is no session of the counter {request.balcao_id} in the record")
    return found


def _is_known(stores: Stores, session_id: str) -> bool:
    """Some fact or text of it is there, or it was erased before: then that is proven again."""
    facts = [f"fatos.{table}" for table in SEALED_TABLES] + [f"bruto.{PUBLISHED_TEXTS}", "bruto.eliminacoes"]
    return any(
        con.execute(f"SELECT 1 FROM {table} WHERE sessao_id = ? LIMIT 1", [session_id]).fetchall()
        for con, tables in ((stores.facts.con, facts), (stores.texts.con, ["chaves", "textos"]))
        for table in tables
    )


def erase_facts(
    con: duckdb.DuckDBPyConnection,
    archive: Archive,
    request_id: str,
    session_ids: Sequence[str],
    at: datetime,
) -> tuple[int, int]:
    """Tombstones, hot rows, closed days; the hot file is rewritten later. Returns (rows, files rewritten)."""
    marks = _marks(session_ids)
    erased = 0
    con.execute("BEGIN")
    insert(con, "bruto.eliminacoes", [
        {"pedido_id": request_id, "sessao_id": session_id, "em": at} for session_id in session_ids
    ])  # fmt: skip
    for table in (*SEALED_TABLES, PUBLISHED_TEXTS):
        gone = con.execute(f"DELETE FROM bruto.{table} WHERE sessao_id IN ({marks})").fetchall()
        erased += int(gone[0][0])
    con.execute("COMMIT")
    closed, files_rewritten = archive.rewrite_without(con, list(session_ids))
    return erased + closed, files_rewritten


def erase_texts(con: duckdb.DuckDBPyConnection, session_ids: Sequence[str]) -> int:
    """Texts and keys; returns how many texts. The file is not rewritten here."""
    marks = _marks(session_ids)
    con.execute("BEGIN")
    gone = con.execute(f"DELETE FROM textos WHERE sessao_id IN ({marks})").fetchall()
    con.execute(f"DELETE FROM chaves WHERE sessao_id IN ({marks})")
    con.execute("COMMIT")
    return int(gone[0][0])


def note(stores: Stores, request: ErasureRequest, receipt: ErasureReceipt, at: datetime) -> None:
    """What it came to, for `analise.eliminacoes`; why it was asked for goes to the private file."""
    own = {"pedido_id": receipt.request_id, "em": at}
    insert(stores.texts.con, "eliminacoes", [own | {"motivo": request.reason}])
    counts = {
        "fatos_eliminados": receipt.rows_erased,
        "textos_eliminados": receipt.texts_erased,
        "arquivos_reescritos": receipt.files_rewritten,
    }
    insert(stores.facts.con, "bruto.pedidos_eliminacao", [own | {"escopo": request.scope} | counts])


def move_reasons(stores: Stores) -> int:
    """Reasons that an earlier Balto left among the facts, to the private file. Returns of how many erasures."""
    sql = "SELECT pedido_id::VARCHAR, min(em), any_value(motivo) FROM bruto.eliminacoes WHERE motivo IS NOT NULL"
    found = stores.facts.con.execute(f"{sql} GROUP BY pedido_id").fetchall()
    names = ("pedido_id", "em", "motivo")
    insert(stores.texts.con, "eliminacoes", [dict(zip(names, row, strict=True)) for row in found])
    stores.facts.con.execute("UPDATE bruto.eliminacoes SET motivo = NULL WHERE motivo IS NOT NULL")
    return len(found)


def left_of(stores: Stores, session_ids: Sequence[str]) -> tuple[int, int]:
    """(rows, keys and texts) still there: the proof."""
    marks = _marks(session_ids)
    rows = 0
    for table in SEALED_TABLES:
        rows += stores.facts.con.execute(f"SELECT count(*) FROM fatos.{table} WHERE sessao_id IN ({marks})").fetchall()[
            0
        ][0]
    found = [
        stores.texts.con.execute(f"SELECT count(*) FROM {table} WHERE sessao_id IN ({marks})").fetchall()[0][0]
        for table in ("chaves", "textos")
    ]
    return rows, sum(found)


def purge_texts(con: duckdb.DuckDBPyConnection, before: datetime) -> int:
    """Texts kept past their time, and the keys of sessions that have none left. Returns how many texts."""
    con.execute("BEGIN")
    gone = con.execute("DELETE FROM textos WHERE em < ?", [before]).fetchall()
    con.execute("DELETE FROM chaves WHERE em < ? AND sessao_id NOT IN (SELECT sessao_id FROM textos)", [before])
    con.execute("COMMIT")
    return int(gone[0][0])


def purge_published(con: duckdb.DuckDBPyConnection, before: datetime) -> int:
    """The same for texts that the chain chose to publish: they are kept no longer than the others."""
    con.execute("BEGIN")
    gone = con.execute(f"DELETE FROM bruto.{PUBLISHED_TEXTS} WHERE em < ?", [before]).fetchall()
    con.execute("COMMIT")
    return int(gone[0][0])


def unpublish_texts(con: duckdb.DuckDBPyConnection) -> int:
    """All of them, since the chain took back its opt-in. Returns how many; the file is not rewritten here."""
    return int(con.execute(f"DELETE FROM bruto.{PUBLISHED_TEXTS}").fetchall()[0][0])


def purge_facts(con: duckdb.DuckDBPyConnection, tables: tuple[str, ...], before: date) -> int:
    """Hot rows kept past their time (closed days go by the file). Returns how many."""
    con.execute("BEGIN")
    gone = [con.execute(f"DELETE FROM bruto.{table} WHERE dia < ?", [before]).fetchall()[0][0] for table in tables]
    con.execute("COMMIT")
    return int(sum(gone))


def _marks(session_ids: Sequence[str]) -> str:
    return ", ".join(f"'{session_id}'" for session_id in session_ids)


def new_request_id() -> str:
    return new_id()
