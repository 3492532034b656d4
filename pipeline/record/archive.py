"""Closed days as Parquet, `arquivo/<table>/dia=<date>/<table>-<n>.parquet`, joined to the hot rows by `fatos`.

Sealing a day: write under a temporary name, sync, rename; then one transaction deletes the hot rows, names the file
and points the views at it. A crash in between leaves a file nobody names; the next try overwrites it.
"""

import os
from datetime import date
from pathlib import Path

import duckdb

from configs.record import RecordSettings
from pipeline.record.segment import sync_folder
from pipeline.record.summaries import summarise
from pipeline.record.transaction import transaction
from pipeline.record.views import SEALED_TABLES, create_fact_views


class Archive:
    """Used on the writer's thread."""

    def __init__(self, folder: Path, settings: RecordSettings) -> None:
        self._folder = folder
        self._settings = settings

    def pending_before(self, con: duckdb.DuckDBPyConnection, day: date) -> list[tuple[str, date]]:
        """(table, day) of every hot day before `day`, to be sealed one by one."""
        return [
            (table, found)
            for table in SEALED_TABLES
            for (found,) in con.execute(
                f"SELECT DISTINCT dia FROM bruto.{table} WHERE dia < ? ORDER BY 1", [day]
            ).fetchall()
        ]

    def seal(self, con: duckdb.DuckDBPyConnection, table: str, day: date) -> None:
        """Move one day of one table to Parquet. Late rows of a day that is sealed already join its file."""
        earlier = con.execute("SELECT arquivo FROM bruto.selados WHERE tabela = ? AND dia = ?", [table, day]).fetchall()
        hot = f"SELECT * FROM bruto.{table} WHERE dia = DATE '{day}'"
        cold = [f"SELECT * FROM read_parquet('{_quoted(self._folder / name)}')" for (name,) in earlier]
        name = f"{table}/dia={day}/{table}-{len(earlier) and _generation(earlier[0][0]) + 1}.parquet"
        rows = self._write(con, " UNION ALL BY NAME ".join([hot, *cold]), name, table)
        with transaction(con):
            con.execute(f"DELETE FROM bruto.{table} WHERE dia = ?", [day])
            con.execute("DELETE FROM bruto.selados WHERE tabela = ? AND dia = ?", [table, day])
            con.execute("INSERT INTO bruto.selados VALUES (?, ?, ?, ?, now())", [table, day, name, rows])
            summarise(con, table, day, f"read_parquet('{_quoted(self._folder / name)}')")
            create_fact_views(con, self._settings, self._folder)

    def _write(self, con: duckdb.DuckDBPyConnection, sql: str, name: str, table: str) -> int:
        order = "sessao_id, em" if table != "erros" else "em"
        target = self._folder / name
        target.parent.mkdir(parents=True, exist_ok=True)
        temporary = target.with_suffix(".parcial")
        options = "FORMAT parquet, COMPRESSION zstd"
        copied = con.execute(f"COPY ({sql} ORDER BY {order}) TO '{_quoted(temporary)}' ({options})").fetchall()
        fd = os.open(temporary, os.O_RDONLY | os.O_CLOEXEC)
        try:
            os.fsync(fd)
            os.fchmod(fd, 0o444)
        finally:
            os.close(fd)
        temporary.rename(target)
        sync_folder(target.parent)
        return int(copied[0][0])

    def rewrite_without(self, con: duckdb.DuckDBPyConnection, sessions: str) -> tuple[int, int]:
        """Write anew every file that holds rows of these sessions (a subquery); returns (rows left out, files).

        The old files go with `sweep`.
        """
        files = con.execute("SELECT tabela, dia, arquivo FROM bruto.selados").fetchall()
        left_out = rewritten = 0
        for table, day, name in files:
            source = f"read_parquet('{_quoted(self._folder / name)}')"
            held = con.execute(f"SELECT count(*) FROM {source} WHERE sessao_id IN {sessions}").fetchall()[0][0]
            if held:
                kept = f"SELECT * FROM {source} WHERE sessao_id NOT IN {sessions} OR sessao_id IS NULL"
                self._replace(con, table, day, name, kept)
                left_out += held
                rewritten += 1
        return left_out, rewritten

    def _replace(self, con: duckdb.DuckDBPyConnection, table: str, day: date, name: str, sql: str) -> None:
        fresh = f"{table}/dia={day}/{table}-{_generation(name) + 1}.parquet"
        rows = self._write(con, sql, fresh, table)
        with transaction(con):
            con.execute("UPDATE bruto.selados SET arquivo = ?, linhas = ? WHERE arquivo = ?", [fresh, rows, name])
            summarise(con, table, day, f"read_parquet('{_quoted(self._folder / fresh)}')")
            create_fact_views(con, self._settings, self._folder)

    def forget_before(self, con: duckdb.DuckDBPyConnection, tables: tuple[str, ...], day: date) -> int:
        """Drop the files of days before `day`; returns how many. Their sums name no session and stay. See `sweep`."""
        marks = ", ".join(f"'{table}'" for table in tables)
        with transaction(con):
            dropped = con.execute(
                f"DELETE FROM bruto.selados WHERE tabela IN ({marks}) AND dia < ? RETURNING arquivo", [day]
            ).fetchall()
            create_fact_views(con, self._settings, self._folder)
        return len(dropped)

    def sweep(self, named: set[str]) -> None:
        """Remove files that neither the manifest nor the last publication names."""
        for path in self._folder.glob("*/dia=*/*"):
            if path.relative_to(self._folder).as_posix() not in named:
                path.unlink(missing_ok=True)


def manifest(con: duckdb.DuckDBPyConnection) -> set[str]:
    return {name for (name,) in con.execute("SELECT arquivo FROM bruto.selados").fetchall()}


def _generation(name: str) -> int:
    """Files are never overwritten under a reader: each version of a day has its number."""
    return int(name.removesuffix(".parquet").rpartition("-")[2])


def _quoted(path: Path) -> str:
    return str(path).replace("'", "''")
