CREATE OR REPLACE VIEW analise.dicionario AS
SELECT c.table_name AS visao, c.column_name AS coluna, c.data_type AS tipo, d.unidade, d.significado, d.exemplo
FROM duckdb_columns() c
LEFT JOIN bruto.colunas d ON d.visao = c.table_name AND d.coluna = c.column_name
WHERE c.database_name = current_database() AND c.schema_name = 'analise'
ORDER BY c.table_name, c.column_index;
