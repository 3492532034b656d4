-- Codes and messages that the program says in English, in the analysts' language. Loaded at every start.

CREATE TABLE bruto.traducoes (
    onde      VARCHAR NOT NULL,  -- componente, tipo, mensagem
    dito      VARCHAR NOT NULL,  -- the code; of a message a pattern (RE2) of all of it
    portugues VARCHAR NOT NULL   -- \1 is what the pattern's first group found
);
