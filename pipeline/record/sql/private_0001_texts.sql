-- Personal data: never copied, never published.

CREATE TABLE lotes (
    origem        VARCHAR     NOT NULL,
    ultimo_seq    BIGINT      NOT NULL,
    atualizado_em TIMESTAMPTZ NOT NULL
);

CREATE TABLE chaves (                      -- one per session, wrapped by the master key; erasing it erases the texts
    sessao_id UUID        NOT NULL,
    em        TIMESTAMPTZ NOT NULL,
    cifrada   BLOB        NOT NULL
);

CREATE TABLE textos (                      -- AES-256-GCM by the application: nonce, then ciphertext and tag
    dono      VARCHAR     NOT NULL,        -- transcricao, removido, base, evidencia, explicacao
    dono_id   UUID        NOT NULL,
    sessao_id UUID        NOT NULL,
    em        TIMESTAMPTZ NOT NULL,
    cifrado   BLOB        NOT NULL
);

CREATE TABLE clientes (
    cliente_codigo VARCHAR     NOT NULL,
    email          VARCHAR     NOT NULL,
    razao_social   VARCHAR     NOT NULL,
    telefone       VARCHAR     NOT NULL,
    em             TIMESTAMPTZ NOT NULL
);

CREATE TABLE balcoes (
    balcao_id      VARCHAR     NOT NULL,
    cliente_codigo VARCHAR     NOT NULL,
    nome_balcao    VARCHAR     NOT NULL,
    key_sha256     VARCHAR     NOT NULL,
    em             TIMESTAMPTZ NOT NULL,
    revogado_em    TIMESTAMPTZ
);
