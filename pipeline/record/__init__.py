"""The record: events from every process reach one DuckDB writer, which publishes a file anyone may open.

conversation -> Courier -> Spool (disk) -> RecordService -> quente.duckdb + privado.duckdb
                                                         -> registro.duckdb (published), Parquet (closed days)
"""
