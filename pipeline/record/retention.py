"""What is kept no longer: past its time, or published by a chain that no longer wants it to be.

Rows go here, in transactions; the bytes they were stay until the file is written anew (`removal`).
"""

from datetime import date, datetime

import duckdb

from pipeline.record.facts import PUBLISHED_TEXTS
from pipeline.record.tables import insert
from pipeline.record.transaction import transaction
from pipeline.record.writer import Stores


def purge_texts(con: duckdb.DuckDBPyConnection, before: datetime) -> int:
    """Texts kept past their time, and the keys of sessions that have none left. Returns how many texts."""
    with transaction(con):
        gone = con.execute("DELETE FROM textos WHERE em < ?", [before]).fetchall()
        con.execute("DELETE FROM chaves WHERE em < ? AND sessao_id NOT IN (SELECT sessao_id FROM textos)", [before])
    return int(gone[0][0])


def purge_published(con: duckdb.DuckDBPyConnection, before: datetime) -> int:
    """The same for texts that the chain chose to publish: they are kept no longer than the others."""
    return int(con.execute(f"DELETE FROM bruto.{PUBLISHED_TEXTS} WHERE em < ?", [before]).fetchall()[0][0])


def purge_facts(con: duckdb.DuckDBPyConnection, tables: tuple[str, ...], before: date) -> int:
    """Hot rows kept past their time (closed days go by the file). Returns how many."""
    with transaction(con):
        gone = [con.execute(f"DELETE FROM bruto.{table} WHERE dia < ?", [before]).fetchall()[0][0] for table in tables]
    return int(sum(gone))


def unpublish_texts(con: duckdb.DuckDBPyConnection) -> int:
    """All of them, since the chain took back its opt-in. Returns how many."""
    return int(con.execute(f"DELETE FROM bruto.{PUBLISHED_TEXTS}").fetchall()[0][0])


def move_reasons(stores: Stores) -> int:
    """Reasons that an earlier Balto left among the facts, to the private file. Returns of how many erasures."""
    sql = "SELECT pedido_id::VARCHAR, min(em), any_value(motivo) FROM bruto.eliminacoes WHERE motivo IS NOT NULL"
    found = stores.facts.con.execute(f"{sql} GROUP BY pedido_id").fetchall()
    names = ("pedido_id", "em", "motivo")
    insert(stores.texts.con, "eliminacoes", [dict(zip(names, row, strict=True)) for row in found])
    stores.facts.con.execute("UPDATE bruto.eliminacoes SET motivo = NULL WHERE motivo IS NOT NULL")
    return len(found)
