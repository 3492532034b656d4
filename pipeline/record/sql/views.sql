-- The contract with analysts: names, units and meanings here do not change; what they rest on may.
-- Days are local days. Every column is explained in dictionary.csv.

CREATE OR REPLACE VIEW analise.atualizacao AS
SELECT publicado_em, ultimo_fato_em, intervalo_s, date_diff('second', publicado_em, now()) AS idade_s, versao_balto
FROM bruto.publicacoes;

CREATE OR REPLACE VIEW analise.lojas AS
SELECT cliente_codigo, arg_max(razao_social, em) AS razao_social, min(em) AS cadastrada_em
FROM bruto.clientes
GROUP BY cliente_codigo;

CREATE OR REPLACE VIEW analise.balcoes AS
SELECT b.balcao_id, any_value(b.nome_balcao) AS nome_balcao, any_value(b.cliente_codigo) AS cliente_codigo,
       any_value(l.razao_social) AS razao_social,
       min(b.em) FILTER (b.evento = 'criado') AS criado_em,
       min(b.em) FILTER (b.evento = 'revogado') AS revogado_em,
       coalesce(arg_max(b.evento, b.em) FILTER (b.evento IN ('aviso_lgpd', 'sem_aviso_lgpd')) = 'aviso_lgpd', false)
           AS aviso_lgpd
FROM bruto.balcoes b
LEFT JOIN analise.lojas l USING (cliente_codigo)
GROUP BY b.balcao_id;

CREATE OR REPLACE VIEW analise.sessoes AS
SELECT sessao_id,
       any_value(balcao_id) AS balcao_id, any_value(cliente_codigo) AS cliente_codigo,
       min(dia) AS dia,
       min(em) FILTER (evento = 'inicio') AS inicio_em,
       max(em) FILTER (evento = 'fim') AS fim_em,
       date_diff('millisecond', min(em) FILTER (evento = 'inicio'), max(em) FILTER (evento = 'fim')) / 1000 AS duracao_s,
       any_value(motivo) AS motivo_fim, any_value(codigo_fechamento) AS codigo_fechamento,
       max(audio_recebido_s) AS audio_recebido_s, max(audio_encaminhado_s) AS audio_encaminhado_s,
       max(audio_descartado_s) AS audio_descartado_s,
       any_value(versao_protocolo) AS versao_protocolo
FROM fatos.sessoes
GROUP BY sessao_id;

CREATE OR REPLACE VIEW analise.falas AS
SELECT s.segmento_id AS fala_id, s.sessao_id, s.conversa_id, s.balcao_id, s.cliente_codigo, s.dia, s.em,
       s.audio_recebido_s, s.audio_encaminhado_s, s.audio_descartado_s, s.continua,
       s.silencio_fechamento_ms, s.portao_ms, s.ruido_dbfs, s.voz_dbfs, s.snr_db, s.fracao_saturada,
       coalesce(s.desvio_dc_fracao, s.desvio_dc / 32768)::REAL AS desvio_dc,
       s.motor AS motor_portao,
       t.provedor, t.modelo, t.n_palavras, t.confianca, round(t.latencia_ms, 1) AS transcricao_ms, t.falha AS falha_transcricao
FROM fatos.segmentos s
LEFT JOIN fatos.transcricoes t USING (segmento_id)
WHERE s.segmento_id IS NOT NULL;

CREATE OR REPLACE VIEW analise.desfechos_finais AS
SELECT interacao_id, any_value(cliente_codigo) AS cliente_codigo, any_value(balcao_id) AS balcao_id, min(dia) AS dia,
       arg_max(resultado, em) AS resultado, max(em) AS em, (arg_max(resultado, em) = 'venda_realizada')::INTEGER AS vendida
FROM fatos.desfechos
GROUP BY interacao_id;

CREATE OR REPLACE VIEW analise.interacoes AS
WITH sugeridos AS (
    SELECT interacao_id, arg_min(produto, posicao) AS produto, arg_min(sku, posicao) AS sku, count(*) AS n_produtos
    FROM fatos.sugestoes
    GROUP BY interacao_id
), ultimo AS (
    SELECT interacao_id, arg_max(resultado, em) AS resultado, max(em) AS resultado_em
    FROM fatos.desfechos
    GROUP BY interacao_id
)
SELECT i.interacao_id, i.sessao_id, i.conversa_id, i.segmento_id AS fala_id,
       i.cliente_codigo, i.balcao_id, i.dia, i.em,
       i.situacao, i.motivo, i.motor, i.modelo, i.catalogo_versao, i.regras_versao, i.mensagem, i.sintomas,
       p.produto, p.sku, coalesce(p.n_produtos, 0) AS n_produtos,
       x.em AS exibida_em,
       coalesce(x.silencio_ms, i.silencio_ms) AS silencio_ms,
       coalesce(x.portao_ms, i.portao_ms) AS portao_ms,
       coalesce(x.transcricao_ms, i.transcricao_ms) AS transcricao_ms,
       coalesce(x.espera_ms, i.espera_ms) AS espera_ms,
       coalesce(x.recomendacao_ms, i.recomendacao_ms) AS recomendacao_ms,
       x.registro_ms, x.envio_ms, x.total_ms, x.proprio_ms,
       u.resultado, u.resultado_em
FROM fatos.interacoes i
LEFT JOIN fatos.exibicoes x USING (interacao_id)
LEFT JOIN sugeridos p USING (interacao_id)
LEFT JOIN ultimo u USING (interacao_id);

CREATE OR REPLACE VIEW analise.minutos_dia AS
SELECT dia, cliente_codigo, balcao_id,
       sum(recebido_s) / 60 AS minutos_recebidos,
       sum(encaminhado_s) / 60 AS minutos_pagos,
       sum(descartado_s) / 60 AS minutos_poupados,
       sum(descartado_s) / nullif(sum(recebido_s), 0) AS fracao_poupada
FROM fatos.resumo_balcoes
WHERE tabela = 'segmentos'
GROUP BY dia, cliente_codigo, balcao_id;

CREATE OR REPLACE VIEW analise.custo_provedor_dia AS
SELECT dia, cliente_codigo, tipo, provedor, modelo,
       sum(chamadas)::BIGINT AS chamadas, sum(custo_usd) AS custo_usd, sum(audio_s) / 60 AS minutos_audio,
       sum(tokens_entrada)::BIGINT AS tokens_entrada, sum(tokens_cache)::BIGINT AS tokens_cache, sum(tokens_saida)::BIGINT AS tokens_saida
FROM fatos.resumo_custos
GROUP BY dia, cliente_codigo, tipo, provedor, modelo;

-- Not summed beforehand for closed days: a question about months of it reads their calls again.
CREATE OR REPLACE VIEW analise.custo_balcao_dia AS
SELECT dia, cliente_codigo, balcao_id, tipo, provedor, modelo, preco_versao,
       count(*) AS chamadas, sum(custo_usd) AS custo_usd, sum(audio_s) / 60 AS minutos_audio
FROM fatos.chamadas
GROUP BY dia, cliente_codigo, balcao_id, tipo, provedor, modelo, preco_versao;

-- What the gate kept back, at what a minute of that client's transcription really cost that day.
CREATE OR REPLACE VIEW analise.economia_portao_dia AS
WITH precos AS (
    SELECT dia, cliente_codigo, sum(custo_usd) / nullif(sum(minutos_audio), 0) AS usd_por_minuto
    FROM analise.custo_provedor_dia
    WHERE tipo = 'stt'
    GROUP BY dia, cliente_codigo
)
SELECT m.dia, m.cliente_codigo, m.balcao_id, m.minutos_poupados, p.usd_por_minuto,
       m.minutos_poupados * p.usd_por_minuto AS usd_poupados
FROM analise.minutos_dia m
LEFT JOIN precos p ON p.dia = m.dia AND p.cliente_codigo IS NOT DISTINCT FROM m.cliente_codigo;

CREATE OR REPLACE VIEW analise.saude_provedor_dia AS
WITH faixas AS (
    SELECT dia, tipo, provedor, modelo, faixa, sum(chamadas)::BIGINT AS n, sum(falhas)::BIGINT AS falhas, max(latencia_max_ms) AS maior
    FROM fatos.resumo_chamadas
    GROUP BY dia, tipo, provedor, modelo, faixa
), acumuladas AS (
    SELECT *, sum(n) OVER (PARTITION BY dia, tipo, provedor, modelo ORDER BY faixa) AS ate_aqui, sum(n) OVER (PARTITION BY dia, tipo, provedor, modelo) AS total
    FROM faixas
)
SELECT dia, tipo, provedor, modelo,
       sum(n)::BIGINT AS chamadas,
       sum(falhas) / sum(n) AS taxa_erro,
       sum(falhas)::BIGINT AS falhas,
       least(pow(1.02, min(faixa) FILTER (ate_aqui >= 0.50 * total) + 0.5), max(maior)) AS latencia_p50_ms,
       least(pow(1.02, min(faixa) FILTER (ate_aqui >= 0.95 * total) + 0.5), max(maior)) AS latencia_p95_ms,
       max(maior) AS latencia_max_ms
FROM acumuladas
GROUP BY dia, tipo, provedor, modelo;

CREATE OR REPLACE VIEW analise.latencia_provedor AS
WITH faixas AS (
    SELECT tipo, provedor, modelo, faixa, sum(chamadas)::BIGINT AS n, sum(falhas)::BIGINT AS falhas, max(latencia_max_ms) AS maior
    FROM fatos.resumo_chamadas
    GROUP BY tipo, provedor, modelo, faixa
), acumuladas AS (
    SELECT *, sum(n) OVER (PARTITION BY tipo, provedor, modelo ORDER BY faixa) AS ate_aqui, sum(n) OVER (PARTITION BY tipo, provedor, modelo) AS total
    FROM faixas
)
SELECT tipo, provedor, modelo,
       sum(n)::BIGINT AS chamadas,
       sum(falhas) / sum(n) AS taxa_erro,
       sum(falhas)::BIGINT AS falhas,
       least(pow(1.02, min(faixa) FILTER (ate_aqui >= 0.50 * total) + 0.5), max(maior)) AS latencia_p50_ms,
       least(pow(1.02, min(faixa) FILTER (ate_aqui >= 0.95 * total) + 0.5), max(maior)) AS latencia_p95_ms,
       max(maior) AS latencia_max_ms
FROM acumuladas
GROUP BY tipo, provedor, modelo;

CREATE OR REPLACE VIEW analise.funil_dia AS
SELECT dia, cliente_codigo, balcao_id,
       coalesce(sum(ouvidas), 0)::BIGINT AS falas_ouvidas, coalesce(sum(compreendidas), 0)::BIGINT AS falas_compreendidas,
       coalesce(sum(interacoes), 0)::BIGINT AS interacoes, coalesce(sum(sugeridas), 0)::BIGINT AS sugeridas,
       coalesce(sum(com_desfecho), 0)::BIGINT AS com_desfecho, coalesce(sum(vendidas), 0)::BIGINT AS vendidas
FROM fatos.resumo_balcoes
GROUP BY dia, cliente_codigo, balcao_id;

CREATE OR REPLACE VIEW analise.conversao_loja AS
SELECT f.cliente_codigo, any_value(l.razao_social) AS razao_social, coalesce(sum(f.sugeridas), 0)::BIGINT AS sugeridas,
       coalesce(sum(f.com_desfecho), 0)::BIGINT AS com_desfecho, coalesce(sum(f.vendidas), 0)::BIGINT AS vendidas,
       sum(f.vendidas) / nullif(sum(f.sugeridas), 0) AS taxa_conversao
FROM fatos.resumo_balcoes f
LEFT JOIN analise.lojas l USING (cliente_codigo)
WHERE f.tabela IN ('segmentos', 'interacoes', 'desfechos')
GROUP BY f.cliente_codigo;

CREATE OR REPLACE VIEW analise.produtos AS
SELECT sku, any_value(produto) AS produto, sum(sugestoes)::BIGINT AS sugestoes, min(dia) AS primeiro_dia, max(dia) AS ultimo_dia
FROM fatos.resumo_produtos
GROUP BY sku;

CREATE OR REPLACE VIEW analise.produtos_dia AS
SELECT s.dia, s.cliente_codigo, s.sku, any_value(s.produto) AS produto, count(*) AS sugestoes,
       coalesce(sum(d.vendida), 0)::BIGINT AS vendidas
FROM fatos.sugestoes s
LEFT JOIN analise.desfechos_finais d USING (interacao_id)
GROUP BY s.dia, s.cliente_codigo, s.sku;

CREATE OR REPLACE VIEW analise.sintomas_dia AS
SELECT dia, cliente_codigo, sintoma, count(*) AS interacoes
FROM (SELECT dia, cliente_codigo, unnest(sintomas) AS sintoma FROM fatos.interacoes)
GROUP BY ALL;

CREATE OR REPLACE VIEW analise.encaminhamentos AS
SELECT i.interacao_id, i.sessao_id, i.cliente_codigo, i.balcao_id, i.dia, i.em, i.motivo, i.mensagem, i.regras_versao,
       x.total_ms
FROM fatos.interacoes i
LEFT JOIN fatos.exibicoes x USING (interacao_id)
WHERE i.situacao = 'encaminhada';

CREATE OR REPLACE VIEW analise.erros_dia AS
WITH dias AS (
    SELECT e.dia, coalesce(c.portugues, e.componente) AS componente, coalesce(t.portugues, e.tipo) AS tipo,
           count(*) AS ocorrencias, count(DISTINCT e.balcao_id) AS balcoes,
           bool_or(e.fatal) AS fatal, bool_or(e.alerta) AS alerta, any_value(e.mensagem) AS mensagem, max(e.em) AS ultima_em
    FROM fatos.erros e
    LEFT JOIN bruto.traducoes c ON c.onde = 'componente' AND c.dito = e.componente
    LEFT JOIN bruto.traducoes t ON t.onde = 'tipo' AND t.dito = e.tipo
    GROUP BY ALL
), frases AS (
    SELECT mensagem, min(regexp_replace(mensagem, dito, portugues)) AS portugues
    FROM (SELECT DISTINCT mensagem FROM dias) JOIN bruto.traducoes ON onde = 'mensagem' AND regexp_full_match(mensagem, dito)
    GROUP BY mensagem
)
SELECT dia, componente, tipo, ocorrencias, balcoes, fatal, alerta, coalesce(portugues, mensagem) AS mensagem, ultima_em
FROM dias
LEFT JOIN frases USING (mensagem);

CREATE OR REPLACE VIEW analise.qualidade_audio_balcao AS
SELECT s.balcao_id, any_value(b.nome_balcao) AS nome_balcao, any_value(s.cliente_codigo) AS cliente_codigo,
       count(*) AS falas,
       approx_quantile(s.snr_db, 0.5) AS snr_mediana_db, approx_quantile(s.snr_db, 0.1) AS snr_p10_db,
       approx_quantile(s.ruido_dbfs, 0.5) AS ruido_mediana_dbfs,
       avg(s.fracao_saturada) AS fracao_saturada, avg(abs(coalesce(s.desvio_dc_fracao, s.desvio_dc / 32768))) AS desvio_dc,
       avg((s.snr_db < 10)::INTEGER) AS fracao_ruidosa
FROM fatos.segmentos s
LEFT JOIN analise.balcoes b USING (balcao_id)
WHERE s.segmento_id IS NOT NULL
GROUP BY s.balcao_id;

CREATE OR REPLACE VIEW analise.eliminacoes AS
WITH sessoes AS (
    SELECT pedido_id, min(em) AS em, count(DISTINCT sessao_id) AS sessoes FROM bruto.eliminacoes GROUP BY pedido_id
)
SELECT pedido_id, coalesce(p.em, s.em) AS em, p.escopo, coalesce(s.sessoes, 0) AS sessoes,
       p.fatos_eliminados, p.textos_eliminados, p.arquivos_reescritos
FROM sessoes s
FULL JOIN bruto.pedidos_eliminacao p USING (pedido_id);

CREATE OR REPLACE VIEW analise.textos AS
SELECT dono, dono_id, sessao_id, em, texto FROM bruto.textos_publicados;

CREATE OR REPLACE VIEW analise.dicionario AS
SELECT c.table_name AS visao, c.column_name AS coluna, c.data_type AS tipo,
       coalesce(d.unidade, g.unidade) AS unidade, coalesce(d.significado, g.significado) AS significado,
       coalesce(d.exemplo, g.exemplo) AS exemplo
FROM duckdb_columns() c
LEFT JOIN bruto.colunas d ON d.visao = c.table_name AND d.coluna = c.column_name
LEFT JOIN bruto.colunas g ON g.visao = '*' AND g.coluna = c.column_name
WHERE c.schema_name = 'analise' AND NOT c.internal
ORDER BY c.table_name, c.column_index;
