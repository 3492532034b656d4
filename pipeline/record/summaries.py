"""Daily sums: stored for closed days, computed for hot rows, one view over both in `fatos`."""

from collections.abc import Iterator
from datetime import date

import duckdb

_COUNTER = "dia, cliente_codigo, balcao_id"
_MODEL = "tipo, provedor, modelo"

_SUMS: dict[str, dict[str, str]] = {
    "resumo_balcoes": {
        "segmentos": f"""
            SELECT {_COUNTER}, sum(audio_recebido_s) AS recebido_s, sum(audio_encaminhado_s) AS encaminhado_s,
                   sum(audio_descartado_s) AS descartado_s, count(segmento_id) AS ouvidas
            FROM {{rows}} GROUP BY ALL""",
        "transcricoes": f"""
            SELECT {_COUNTER}, count(*) FILTER (falha IS NULL AND n_palavras > 0) AS compreendidas
            FROM {{rows}} GROUP BY ALL""",
        "interacoes": f"""
            SELECT {_COUNTER}, count(*) AS interacoes, count(*) FILTER (situacao = 'sugerida') AS sugeridas
            FROM {{rows}} GROUP BY ALL""",
        "desfechos": f"""
            SELECT {_COUNTER}, count(*) AS com_desfecho, count(*) FILTER (ultimo = 'venda_realizada') AS vendidas
            FROM (SELECT {_COUNTER}, arg_max(resultado, em) AS ultimo FROM {{rows}} GROUP BY interacao_id, {_COUNTER})
            GROUP BY ALL""",
    },
    "resumo_chamadas": {
        "chamadas": f"""
            SELECT dia, {_MODEL}, floor(ln(greatest(latencia_ms, 1)) / ln(1.02))::INTEGER AS faixa,
                   count(*) AS chamadas, count(*) FILTER (situacao <> 'ok') AS falhas,
                   max(latencia_ms) AS latencia_max_ms
            FROM {{rows}} WHERE situacao <> 'descartada' GROUP BY ALL""",
    },
    "resumo_custos": {
        "chamadas": f"""
            SELECT dia, cliente_codigo, {_MODEL}, count(*) AS chamadas, sum(custo_usd) AS custo_usd,
                   sum(audio_s) AS audio_s, sum(tokens_entrada) AS tokens_entrada, sum(tokens_cache) AS tokens_cache,
                   sum(tokens_saida) AS tokens_saida
            FROM {{rows}} GROUP BY ALL""",
    },
    "resumo_produtos": {
        "sugestoes": """
            SELECT dia, sku, any_value(produto) AS produto, count(*) AS sugestoes
            FROM {rows} GROUP BY dia, sku""",
    },
}


def create_summary_views(con: duckdb.DuckDBPyConnection) -> None:
    """`fatos.resumo_…`: closed days from the stored sums, hot rows summed as they are read.

    `tabela` says what a row was summed from: a view that names the tables it needs reads no others.
    """
    for summary, sources in _SUMS.items():
        hot = [_named(table, sql.format(rows=f"bruto.{table}")) for table, sql in sources.items()]
        parts = [f"SELECT * FROM bruto.{summary}", *hot]
        con.execute(f"CREATE OR REPLACE VIEW fatos.{summary} AS {' UNION ALL BY NAME '.join(parts)}")


def summarise(con: duckdb.DuckDBPyConnection, table: str, day: date, rows: str) -> None:
    """Store what a closed day's rows (`rows`: SQL of a table expression) add up to, in place of what was stored."""
    for summary, sql in _of(table):
        con.execute(f"DELETE FROM bruto.{summary} WHERE tabela = ? AND dia = ?", [table, day])
        con.execute(f"INSERT INTO bruto.{summary} BY NAME {_named(table, sql.format(rows=rows))}")


def _named(table: str, sums: str) -> str:
    return f"SELECT '{table}' AS tabela, * FROM ({sums})"


def _of(table: str) -> Iterator[tuple[str, str]]:
    return ((summary, sources[table]) for summary, sources in _SUMS.items() if table in sources)
