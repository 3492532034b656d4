-- What closed days add up to, so that a question about months does not read them again. Made from a day's Parquet
-- when it is sealed, and again whenever that file is written anew; `tabela` says which table a row was made from.

CREATE TABLE bruto.resumo_balcoes (
    tabela         VARCHAR NOT NULL,
    dia            DATE    NOT NULL,
    cliente_codigo VARCHAR,
    balcao_id      VARCHAR,
    recebido_s     DOUBLE,
    encaminhado_s  DOUBLE,
    descartado_s   DOUBLE,
    ouvidas        BIGINT,
    compreendidas  BIGINT,
    interacoes     BIGINT,
    sugeridas      BIGINT,
    com_desfecho   BIGINT,
    vendidas       BIGINT
);

CREATE TABLE bruto.resumo_chamadas (
    tabela          VARCHAR NOT NULL,
    dia             DATE    NOT NULL,
    tipo            VARCHAR NOT NULL,
    provedor        VARCHAR NOT NULL,
    modelo          VARCHAR NOT NULL,
    faixa           INTEGER NOT NULL,  -- latency, in steps of 2 %: floor(ln(ms) / ln(1.02))
    chamadas        BIGINT  NOT NULL,
    falhas          BIGINT  NOT NULL,
    latencia_max_ms DOUBLE
);

CREATE TABLE bruto.resumo_custos (
    tabela         VARCHAR NOT NULL,
    dia            DATE    NOT NULL,
    cliente_codigo VARCHAR,
    tipo           VARCHAR NOT NULL,
    provedor       VARCHAR NOT NULL,
    modelo         VARCHAR NOT NULL,
    chamadas       BIGINT  NOT NULL,
    custo_usd      DOUBLE,
    audio_s        DOUBLE,
    tokens_entrada BIGINT,
    tokens_cache   BIGINT,
    tokens_saida   BIGINT
);

CREATE TABLE bruto.resumo_produtos (
    tabela    VARCHAR NOT NULL,
    dia       DATE    NOT NULL,
    sku       VARCHAR NOT NULL,
    produto   VARCHAR NOT NULL,
    sugestoes BIGINT  NOT NULL
);
