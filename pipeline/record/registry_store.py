"""The registry's rows in the private file."""

from collections.abc import Callable, Sequence

import duckdb

from pipeline.events import ClientRegistered, CounterRegistered, CounterRevoked
from pipeline.record.contacts import Contact
from pipeline.record.registry import RegistryEvent
from pipeline.record.tables import insert
from pipeline.record.transaction import transaction


def write(con: duckdb.DuckDBPyConnection, event: RegistryEvent) -> None:
    """Commit one change."""
    match event:
        case ClientRegistered():
            row = {
                "cliente_codigo": event.cliente_codigo,
                "razao_social": event.razao_social,
                "contato": event.contact or None,
                "em": event.at,
            }
            insert(con, "clientes", [row])
        case CounterRegistered():
            row = {
                "balcao_id": event.balcao_id,
                "cliente_codigo": event.cliente_codigo,
                "nome_balcao": event.nome_balcao,
                "key_sha256": event.key_sha256,
                "em": event.at,
            }
            insert(con, "balcoes", [row])
        case CounterRevoked():
            con.execute("UPDATE balcoes SET revogado_em = ? WHERE balcao_id = ?", [event.at, event.balcao_id])


def read(con: duckdb.DuckDBPyConnection) -> list[RegistryEvent]:
    """Everything that is in force. Contact details stay where they are."""
    clients = con.execute("SELECT cliente_codigo, razao_social, em FROM clientes ORDER BY em").fetchall()
    counters = con.execute(
        "SELECT balcao_id, cliente_codigo, nome_balcao, key_sha256, em FROM balcoes"
        " WHERE revogado_em IS NULL ORDER BY em"
    ).fetchall()
    return [
        *(ClientRegistered(cliente_codigo=c, razao_social=r, at=at) for c, r, at in clients),
        *(
            CounterRegistered(balcao_id=b, cliente_codigo=c, nome_balcao=n, key_sha256=k, at=at)
            for b, c, n, k, at in counters
        ),
    ]


def restore(con: duckdb.DuckDBPyConnection, logged: Sequence[RegistryEvent]) -> None:
    """Write what the log has and the file has not: it was damaged, or the recorder was killed between the two."""
    held = {
        kind: {row[0] for row in con.execute(sql).fetchall()}
        for kind, sql in (
            (ClientRegistered, "SELECT cliente_codigo FROM clientes"),
            (CounterRegistered, "SELECT balcao_id FROM balcoes"),
            (CounterRevoked, "SELECT balcao_id FROM balcoes WHERE revogado_em IS NOT NULL"),
        )
    }
    for event in logged:
        own_id = event.cliente_codigo if isinstance(event, ClientRegistered) else event.balcao_id
        if own_id not in held[type(event)]:
            write(con, event)


def has_clear_contacts(con: duckdb.DuckDBPyConnection) -> bool:
    """An earlier version wrote some."""
    return bool(con.execute("SELECT 1 FROM clientes WHERE email IS NOT NULL LIMIT 1").fetchall())


def seal_contacts(con: duckdb.DuckDBPyConnection, close: Callable[[str, Contact], str]) -> None:
    """Seal those that are in the clear; the file is not rewritten here."""
    found = con.execute("SELECT cliente_codigo, email, telefone FROM clientes WHERE email IS NOT NULL").fetchall()
    sql = "UPDATE clientes SET contato = ?, email = NULL, telefone = NULL WHERE cliente_codigo = ?"
    with transaction(con):
        for codigo, email, telefone in found:
            con.execute(sql, [close(codigo, Contact(email, telefone)), codigo])


def is_known(con: duckdb.DuckDBPyConnection, cliente_codigo: str) -> bool:
    return bool(con.execute("SELECT 1 FROM clientes WHERE cliente_codigo = ?", [cliente_codigo]).fetchall())


def contacts_of(con: duckdb.DuckDBPyConnection, cliente_codigo: str) -> int:
    """How many there are: one, or none once it was erased."""
    sql = "SELECT count(contato) FROM clientes WHERE cliente_codigo = ?"
    return int(con.execute(sql, [cliente_codigo]).fetchall()[0][0])


def forget_contact(con: duckdb.DuckDBPyConnection, cliente_codigo: str) -> None:
    con.execute("UPDATE clientes SET contato = NULL WHERE cliente_codigo = ?", [cliente_codigo])
