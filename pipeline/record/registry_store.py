"""The registry's rows in the private file."""

import duckdb

from pipeline.events import ClientRegistered, CounterRegistered, CounterRevoked
from pipeline.record.registry import RegistryEvent
from pipeline.record.tables import insert


def write(con: duckdb.DuckDBPyConnection, event: RegistryEvent) -> None:
    """Commit one change."""
    match event:
        case ClientRegistered():
            row = {
                "cliente_codigo": event.cliente_codigo,
                "email": event.email,
                "razao_social": event.razao_social,
                "telefone": event.telefone,
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
        *(ClientRegistered(cliente_codigo=c, email="", razao_social=r, telefone="", at=at) for c, r, at in clients),
        *(
            CounterRegistered(balcao_id=b, cliente_codigo=c, nome_balcao=n, key_sha256=k, at=at)
            for b, c, n, k, at in counters
        ),
    ]


def is_empty(con: duckdb.DuckDBPyConnection) -> bool:
    return not con.execute("SELECT 1 FROM clientes LIMIT 1").fetchall()
