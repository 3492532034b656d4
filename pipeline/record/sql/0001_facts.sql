-- The facts: append only, no personal text. Times are UTC; `dia` is the local day of `em` (setting `timezone`).
-- No primary key, unique constraint or index: they cost 3x per commit and 6.8x on disk, and readers of
-- DuckDB 1.4 to 1.5 can lose index entries. Ids are UUIDv7 made where the fact happened; the ledger
-- (`lotes`) makes a batch that is sent twice recorded once. No CHECK: a surprising fact is still a fact.

CREATE SCHEMA IF NOT EXISTS bruto;

CREATE TABLE bruto.lotes (
    origem        VARCHAR     NOT NULL,
    ultimo_seq    BIGINT      NOT NULL,
    atualizado_em TIMESTAMPTZ NOT NULL
);

CREATE TABLE bruto.clientes (
    cliente_codigo VARCHAR     NOT NULL,
    razao_social   VARCHAR     NOT NULL,
    em             TIMESTAMPTZ NOT NULL
);

CREATE TABLE bruto.balcoes (
    balcao_id      VARCHAR     NOT NULL,
    cliente_codigo VARCHAR,
    nome_balcao    VARCHAR,
    evento         VARCHAR     NOT NULL,  -- criado, revogado, aviso_lgpd, sem_aviso_lgpd
    em             TIMESTAMPTZ NOT NULL
);

CREATE TABLE bruto.sessoes (
    sessao_id           UUID        NOT NULL,
    balcao_id           VARCHAR,
    cliente_codigo      VARCHAR,
    evento              VARCHAR     NOT NULL,  -- inicio, fim
    em                  TIMESTAMPTZ NOT NULL,
    dia                 DATE        NOT NULL,
    replica             VARCHAR,
    versao_protocolo    SMALLINT,
    motivo              VARCHAR,
    codigo_fechamento   SMALLINT,
    audio_recebido_s    DOUBLE,
    audio_encaminhado_s DOUBLE,
    audio_descartado_s  DOUBLE
);

CREATE TABLE bruto.segmentos (
    segmento_id           UUID,               -- NULL: the last account of a session, with no utterance
    sessao_id             UUID        NOT NULL,
    balcao_id             VARCHAR,
    cliente_codigo        VARCHAR,
    conversa_id           VARCHAR,
    em                    TIMESTAMPTZ NOT NULL,
    dia                   DATE        NOT NULL,
    amostra_inicial       BIGINT      NOT NULL,
    amostra_final         BIGINT      NOT NULL,
    audio_recebido_s      DOUBLE      NOT NULL,
    audio_encaminhado_s   DOUBLE      NOT NULL,
    audio_descartado_s    DOUBLE      NOT NULL,
    continua              BOOLEAN     NOT NULL,
    silencio_fechamento_ms REAL,
    portao_ms             REAL,
    ruido_dbfs            REAL,
    voz_dbfs              REAL,
    snr_db                REAL,
    fracao_saturada       REAL,
    desvio_dc             REAL,
    motor                 VARCHAR
);

CREATE TABLE bruto.chamadas (
    chamada_id       UUID        NOT NULL,
    sessao_id        UUID,
    balcao_id        VARCHAR,
    cliente_codigo   VARCHAR,
    segmento_id      UUID,
    interacao_id     UUID,
    em               TIMESTAMPTZ NOT NULL,
    dia              DATE        NOT NULL,
    tipo             VARCHAR     NOT NULL,
    provedor         VARCHAR     NOT NULL,
    modelo           VARCHAR     NOT NULL,
    tentativa        SMALLINT    NOT NULL,
    situacao         VARCHAR     NOT NULL,
    http_status      SMALLINT,
    latencia_ms      DOUBLE      NOT NULL,
    tokens_entrada   INTEGER,
    tokens_cache     INTEGER,
    tokens_saida     INTEGER,
    audio_s          DOUBLE,
    custo_usd        DOUBLE      NOT NULL,
    preco_versao     VARCHAR,
    pedido_provedor  VARCHAR,
    erro             VARCHAR
);

CREATE TABLE bruto.transcricoes (
    transcricao_id UUID        NOT NULL,
    segmento_id    UUID        NOT NULL,
    sessao_id      UUID        NOT NULL,
    balcao_id      VARCHAR,
    cliente_codigo VARCHAR,
    conversa_id    VARCHAR,
    em             TIMESTAMPTZ NOT NULL,
    dia            DATE        NOT NULL,
    provedor       VARCHAR     NOT NULL,
    modelo         VARCHAR     NOT NULL,
    idioma         VARCHAR,
    confianca      REAL,
    n_palavras     INTEGER     NOT NULL,
    n_caracteres   INTEGER     NOT NULL,
    n_removidos    INTEGER     NOT NULL,
    latencia_ms    DOUBLE,
    falha          VARCHAR
);

CREATE TABLE bruto.interacoes (
    interacao_id       UUID        NOT NULL,
    sessao_id          UUID        NOT NULL,
    balcao_id          VARCHAR,
    cliente_codigo     VARCHAR,
    conversa_id        VARCHAR,
    segmento_id        UUID,
    em                 TIMESTAMPTZ NOT NULL,
    dia                DATE        NOT NULL,
    situacao           VARCHAR     NOT NULL,
    motivo             VARCHAR,
    motor              VARCHAR,
    modelo             VARCHAR,
    catalogo_versao    VARCHAR,
    regras_versao      VARCHAR,
    mensagem           VARCHAR,
    sintomas           VARCHAR[],
    n_evidencias       INTEGER     NOT NULL,
    silencio_ms        REAL,
    portao_ms          REAL,
    transcricao_ms     REAL,
    espera_ms          REAL,
    recomendacao_ms    REAL
);

CREATE TABLE bruto.exibicoes (
    interacao_id    UUID        NOT NULL,
    sessao_id       UUID        NOT NULL,
    balcao_id       VARCHAR,
    cliente_codigo  VARCHAR,
    em              TIMESTAMPTZ NOT NULL,
    dia             DATE        NOT NULL,
    silencio_ms     REAL,
    portao_ms       REAL,
    transcricao_ms  REAL,
    espera_ms       REAL,
    recomendacao_ms REAL,
    registro_ms     REAL,
    envio_ms        REAL,
    total_ms        REAL,
    proprio_ms      REAL
);

CREATE TABLE bruto.sugestoes (
    recomendacao_id UUID        NOT NULL,
    interacao_id    UUID        NOT NULL,
    sessao_id       UUID        NOT NULL,
    balcao_id       VARCHAR,
    cliente_codigo  VARCHAR,
    em              TIMESTAMPTZ NOT NULL,
    dia             DATE        NOT NULL,
    posicao         SMALLINT    NOT NULL,
    sku             VARCHAR     NOT NULL,
    produto         VARCHAR     NOT NULL
);

CREATE TABLE bruto.desfechos (
    interacao_id   UUID        NOT NULL,
    sessao_id      UUID        NOT NULL,
    balcao_id      VARCHAR,
    cliente_codigo VARCHAR,
    em             TIMESTAMPTZ NOT NULL,
    dia            DATE        NOT NULL,
    resultado      VARCHAR     NOT NULL
);

CREATE TABLE bruto.erros (
    erro_id        UUID        NOT NULL,
    sessao_id      UUID,
    balcao_id      VARCHAR,
    cliente_codigo VARCHAR,
    segmento_id    UUID,
    em             TIMESTAMPTZ NOT NULL,
    dia            DATE        NOT NULL,
    componente     VARCHAR     NOT NULL,
    tipo           VARCHAR     NOT NULL,
    mensagem       VARCHAR     NOT NULL,
    fatal          BOOLEAN     NOT NULL,
    alerta         BOOLEAN     NOT NULL
);

CREATE TABLE bruto.textos_publicados (     -- filled only where the chain opted in (publish_texts)
    dono      VARCHAR     NOT NULL,
    dono_id   UUID        NOT NULL,
    sessao_id UUID        NOT NULL,
    em        TIMESTAMPTZ NOT NULL,
    texto     VARCHAR     NOT NULL
);

CREATE TABLE bruto.eliminacoes (           -- tombstones: what arrives later for these sessions is dropped
    pedido_id UUID        NOT NULL,
    sessao_id UUID        NOT NULL,
    em        TIMESTAMPTZ NOT NULL,
    motivo    VARCHAR     NOT NULL
);

CREATE TABLE bruto.selados (               -- closed days that moved to Parquet
    tabela  VARCHAR     NOT NULL,
    dia     DATE        NOT NULL,
    arquivo VARCHAR     NOT NULL,
    linhas  BIGINT      NOT NULL,
    em      TIMESTAMPTZ NOT NULL
);

CREATE TABLE bruto.publicacoes (           -- one row: when this copy was made, and up to what
    publicado_em     TIMESTAMPTZ NOT NULL,
    ultimo_fato_em   TIMESTAMPTZ,
    intervalo_s      DOUBLE      NOT NULL,
    versao_balto     VARCHAR     NOT NULL
);

CREATE TABLE bruto.colunas (               -- the words of the data dictionary, loaded at start
    visao       VARCHAR NOT NULL,
    coluna      VARCHAR NOT NULL,
    unidade     VARCHAR,
    significado VARCHAR NOT NULL,
    exemplo     VARCHAR
);
