"""`fatos`: hot rows and closed days as one. `analise`: the views analysts may rely on. Made anew at every start."""

import csv
from importlib.resources import files
from pathlib import Path

import duckdb
import pyarrow as pa

from configs.record import RecordSettings
from pipeline.record.summaries import create_summary_views
from pipeline.record.tables import insert_arrow

SEALED_TABLES = (
    "sessoes",
    "segmentos",
    "chamadas",
    "transcricoes",
    "interacoes",
    "exibicoes",
    "sugestoes",
    "desfechos",
    "erros",
)
"""Tables whose closed days become Parquet. The others are small or always hot."""


def create_views(con: duckdb.DuckDBPyConnection, settings: RecordSettings, archive: Path) -> None:
    """Everything an analyst sees, on the facts connection (whose default catalog is `registro`)."""
    con.execute("BEGIN")
    con.execute("CREATE SCHEMA IF NOT EXISTS fatos")
    con.execute("CREATE SCHEMA IF NOT EXISTS analise")
    create_fact_views(con, settings, archive)
    create_summary_views(con)
    con.execute(files("pipeline.record").joinpath("sql/views.sql").read_text(encoding="utf-8"))
    _load_words(con)
    con.execute("COMMIT")


def create_fact_views(con: duckdb.DuckDBPyConnection, settings: RecordSettings, archive: Path) -> None:
    """Point the `fatos` views at the Parquet files of the manifest, by name: no directory is listed by readers."""
    root = settings.archive_seen_as or str(archive.resolve())
    for table in SEALED_TABLES:
        rows = con.execute("SELECT arquivo FROM bruto.selados WHERE tabela = ? ORDER BY dia", [table]).fetchall()
        paths = [f"'{root}/{name}'".replace("//", "/") for (name,) in rows]
        con.execute(f"CREATE OR REPLACE VIEW fatos.{table} AS {_hot_and_cold(table, paths)}")


def _hot_and_cold(table: str, paths: list[str]) -> str:
    hot = f"SELECT * FROM bruto.{table}"
    if not paths:
        return hot
    cold = f"SELECT * FROM read_parquet([{', '.join(paths)}], union_by_name = true, hive_partitioning = false)"
    return f"{hot} UNION ALL BY NAME {cold}"


def _load_words(con: duckdb.DuckDBPyConnection) -> None:
    """The words of `analise.dicionario` and of `analise.erros_dia`, from CSVs that tests hold against the code."""
    for table, name in (("colunas", "dictionary"), ("traducoes", "translations")):
        with files("pipeline.record").joinpath(f"sql/{name}.csv").open(encoding="utf-8") as file:
            words = pa.Table.from_pylist([{k: v or None for k, v in row.items()} for row in csv.DictReader(file)])
        con.execute(f"DELETE FROM bruto.{table}")
        insert_arrow(con, f"bruto.{table}", words)
