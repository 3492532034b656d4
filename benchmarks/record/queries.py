"""The four questions analysts ask every day, on the published views and as SQLite would be asked them."""

STANDARD = {
    "minutes_saved": "SELECT dia, sum(minutos_poupados) FROM analise.minutos_dia GROUP BY dia ORDER BY dia",
    "conversion": "FROM analise.conversao_loja ORDER BY taxa_conversao DESC",
    "latency_p95": "SELECT provedor, modelo, latencia_p95_ms FROM analise.latencia_provedor",
    "top_products": "FROM analise.produtos ORDER BY sugestoes DESC LIMIT 20",
}

SQLITE = {
    "minutes_saved": "SELECT dia, sum(audio_descartado_s) / 60 FROM segmentos GROUP BY dia ORDER BY dia",
    "conversion": """
        SELECT i.cliente_codigo, count(*), sum(d.resultado = 'venda_realizada')
        FROM interacoes i LEFT JOIN desfechos d USING (interacao_id)
        WHERE i.situacao = 'sugerida' GROUP BY i.cliente_codigo""",
    "latency_p95": """
        SELECT provedor, modelo, max(latencia_ms) FROM (
            SELECT provedor, modelo, latencia_ms,
                   percent_rank() OVER (PARTITION BY provedor, modelo ORDER BY latencia_ms) AS posto
            FROM chamadas)
        WHERE posto <= 0.95 GROUP BY provedor, modelo""",
    "top_products": "SELECT sku, count(*) AS n FROM sugestoes GROUP BY sku ORDER BY n DESC LIMIT 20",
}

# By table, the columns that those questions need and what they are made from: days as text, ids as whole numbers.
_ID = "(hash(interacao_id) >> 1)::BIGINT"
SQLITE_TABLES = {
    "segmentos": {"dia": "dia::VARCHAR", "audio_descartado_s": "audio_descartado_s"},
    "interacoes": {"interacao_id": _ID, "cliente_codigo": "cliente_codigo", "situacao": "situacao"},
    "desfechos": {"interacao_id": _ID, "resultado": "resultado"},
    "chamadas": {"provedor": "provedor", "modelo": "modelo", "latencia_ms": "latencia_ms"},
    "sugestoes": {"sku": "sku"},
}
