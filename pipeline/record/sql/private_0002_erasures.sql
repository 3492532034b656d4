CREATE TABLE eliminacoes (                 -- why each erasure was asked for: may name people
    pedido_id UUID        NOT NULL,
    em        TIMESTAMPTZ NOT NULL,
    motivo    VARCHAR     NOT NULL
);
