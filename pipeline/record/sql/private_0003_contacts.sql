-- Who answers for a client, sealed under the master key. `email` and `telefone` held it in the clear: a start seals what
-- is in them and empties them, and they are filled no more.

ALTER TABLE clientes ADD COLUMN contato VARCHAR;  -- base64; NULL once it was erased
ALTER TABLE clientes ALTER COLUMN email DROP NOT NULL;
ALTER TABLE clientes ALTER COLUMN telefone DROP NOT NULL;
