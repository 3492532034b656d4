-- What each erasure came to, for whoever answers for it. Why it was asked for may name people: it is in the private
-- file, and `eliminacoes.motivo` is filled no more.

CREATE TABLE bruto.pedidos_eliminacao (
    pedido_id           UUID        NOT NULL,
    em                  TIMESTAMPTZ NOT NULL,
    escopo              VARCHAR     NOT NULL,  -- sessao, balcao, antes_de
    fatos_eliminados    BIGINT      NOT NULL,
    textos_eliminados   BIGINT      NOT NULL,
    arquivos_reescritos BIGINT      NOT NULL
);

ALTER TABLE bruto.eliminacoes ALTER COLUMN motivo DROP NOT NULL;
