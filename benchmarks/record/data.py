"""A month of a chain's record, made up in SQL: the shapes and proportions of real days, no one's data."""

import duckdb

_MADE = """
CREATE OR REPLACE TEMP TABLE feito AS
WITH base AS (
    SELECT i, md5(i::VARCHAR) AS h, hash(i) AS r,
           now() - to_seconds(({days} * 86400.0) * (1 - (i + 1) / {rows}.0)) AS em
    FROM range({rows}) t(i)
), v7 AS (
    SELECT *, lpad(hex(epoch_ms(em)), 12, '0') AS ms FROM base
)
SELECT i, r, em, (em AT TIME ZONE 'America/Sao_Paulo')::DATE AS dia,
       (ms || '7' || h[1:3] || '8' || h[4:18])::UUID AS interacao_id,
       (ms || '7' || h[1:3] || '9' || h[4:18])::UUID AS segmento_id,
       (lpad(hex(epoch_ms(em) // 3600000), 12, '0') || '7000' || '8' || lpad(hex(r % 300), 15, '0'))::UUID AS sessao_id,
       'balcao-' || (r % 300) AS balcao_id, (100000 + r % 100)::VARCHAR AS cliente_codigo,
       'conversa-' || (i // 3) AS conversa_id,
       (r >> 8) % 1000 / 1000.0 AS u
FROM v7
"""

_INSERTS = {
    "segmentos": """
        SELECT segmento_id, sessao_id, balcao_id, cliente_codigo, conversa_id, em, dia,
               i * 160000 AS amostra_inicial, i * 160000 + 32000 AS amostra_final,
               12.0 AS audio_recebido_s, 1.5 + u AS audio_encaminhado_s, 10.5 - u AS audio_descartado_s,
               false AS continua, 600 AS silencio_fechamento_ms, 95 + u * 20 AS portao_ms, -50 - u * 10 AS ruido_dbfs,
               -28 - u AS voz_dbfs, 10 + u * 20 AS snr_db, u / 1000 AS fracao_saturada, u / 500 AS desvio_dc_fracao,
               'cascade' AS motor
        FROM feito""",
    "chamadas": """
        SELECT interacao_id AS chamada_id, sessao_id, balcao_id, cliente_codigo, segmento_id, interacao_id, em, dia,
               if(r % 2 = 0, 'stt', 'llm') AS tipo, if(r % 2 = 0, 'elevenlabs', 'xai') AS provedor,
               if(r % 2 = 0, 'scribe_v2', 'grok-4-fast') AS modelo, 1 AS tentativa,
               if(r % 200 = 0, 'prazo', 'ok') AS situacao, 200 AS http_status,
               300 + 400 * u + 2000 * u ** 8 AS latencia_ms, 0.0002 + u / 10000 AS custo_usd
        FROM feito""",
    "transcricoes": """
        SELECT segmento_id AS transcricao_id, segmento_id, sessao_id, balcao_id, cliente_codigo, conversa_id, em, dia,
               'elevenlabs' AS provedor, 'scribe_v2' AS modelo, 'pt' AS idioma, 0.8 + u / 5 AS confianca,
               (r % 20)::INTEGER AS n_palavras, (r % 120)::INTEGER AS n_caracteres, 0 AS n_removidos,
               300 + 400 * u AS latencia_ms
        FROM feito""",
    "interacoes": """
        SELECT interacao_id, sessao_id, balcao_id, cliente_codigo, conversa_id, segmento_id, em, dia,
               CASE WHEN r % 10 < 6 THEN 'sugerida' WHEN r % 10 < 9 THEN 'silencio' ELSE 'encaminhada' END AS situacao,
               'xai' AS motor, 'grok-4-fast' AS modelo, ['sintoma_' || (r % 40)] AS sintomas, 1 AS n_evidencias,
               600 AS silencio_ms, 95 + u * 20 AS portao_ms, 300 + 400 * u AS transcricao_ms, 500 + u AS recomendacao_ms
        FROM feito""",
    "exibicoes": """
        SELECT interacao_id, sessao_id, balcao_id, cliente_codigo, em, dia, 600 AS silencio_ms, 300 + 400 * u AS
               transcricao_ms, 500 + u AS recomendacao_ms, 5 + u AS registro_ms, 0.2 AS envio_ms,
               1500 + 400 * u AS total_ms, 10 + 10 * u AS proprio_ms
        FROM feito WHERE r % 10 < 6""",
    "sugestoes": """
        SELECT interacao_id AS recomendacao_id, interacao_id, sessao_id, balcao_id, cliente_codigo, em, dia,
               0 AS posicao, '789' || (r % 400) AS sku, 'Produto ' || (r % 400) AS produto
        FROM feito WHERE r % 10 < 6""",
    "desfechos": """
        SELECT interacao_id, sessao_id, balcao_id, cliente_codigo, em + INTERVAL 30 SECOND AS em, dia,
               if(r % 3 = 0, 'venda_perdida', 'venda_realizada') AS resultado
        FROM feito WHERE r % 10 < 3""",
}


def fill(con: duckdb.DuckDBPyConnection, rows: int, days: int) -> None:
    """`rows` interactions over the last `days` days, with what surrounds them, into the hot tables."""
    con.execute(_MADE.format(rows=rows, days=days))
    for table, select in _INSERTS.items():
        con.execute(f"INSERT INTO bruto.{table} BY NAME {select}")
    con.execute("DROP TABLE feito")
