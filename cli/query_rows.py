"""Where the rows of `balto query` come from, and how they leave as CSV or Arrow: nothing is held whole."""

import sys
from pathlib import Path

import duckdb
import httpx
import pyarrow as pa
import pyarrow.csv

from cli.output import CommandError
from pipeline.record.shared_types import in_shared_types

_BATCH_ROWS = 10_000
_TIMEOUT_S = 120.0


def local(sql: str, path: Path) -> pa.RecordBatchReader:
    if not path.exists():
        raise CommandError(
            f"{path} does not exist yet; start the service (balto run), or name the file with --db or DB_FILE"
        )
    try:
        con = duckdb.connect(str(path), read_only=True)
        con.execute("SET enable_progress_bar = false")  # it would land among the rows
        if len(con.extract_statements(sql)) != 1:
            raise CommandError('ask one query, e.g.: balto query "FROM analise.minutos_dia"')
        result = con.sql(sql)
        if result is None:
            raise CommandError("that statement returns no rows; ask with SELECT, FROM, DESCRIBE or SUMMARIZE")
        return in_shared_types(result).to_arrow_reader(_BATCH_ROWS)
    except duckdb.Error as error:
        raise CommandError(_understood(error, path)) from None


def _understood(error: duckdb.Error, path: Path) -> str:
    said = " ".join(str(error).split())
    if "Conflicting lock" in said:
        return f"{path} is open in another process that writes to it; ask the published file (registro.duckdb, DB_FILE)"
    return said


def remote(sql: str, server: str, key: str | None) -> pa.RecordBatchReader:
    if not server.startswith(("http://", "https://")):
        raise CommandError(f"--server {server} must begin with http:// or https://")
    try:
        body = {"sql": sql, "formato": "arrow"}
        headers = {"Authorization": f"Bearer {key}"} if key else {}  # the sandbox asks for none
        answer = httpx.post(f"{server.rstrip('/')}/consulta", json=body, headers=headers, timeout=_TIMEOUT_S)
    except httpx.HTTPError as error:
        raise CommandError(f"{server} did not answer ({error}); check the address and that the service runs") from None
    if answer.status_code != httpx.codes.OK:
        raise CommandError(f"{server} answered {answer.status_code}: {_reason(answer)}")
    try:
        return pa.ipc.open_stream(answer.content)
    except pa.ArrowInvalid:
        raise CommandError(f"{server} sent something that is not an Arrow stream; is it a Balto server?") from None


def _reason(answer: httpx.Response) -> str:
    try:
        body = answer.json()
    except ValueError:
        return answer.text[:300]
    found = body.get("erro") or body.get("detail") if isinstance(body, dict) else None
    return str(found or body)[:300]


def write_csv(reader: pa.RecordBatchReader) -> None:
    out = pa.output_stream(sys.stdout.buffer)
    with pyarrow.csv.CSVWriter(out, _flat(reader.schema)) as writer:
        for batch in reader:
            writer.write_table(_text(batch))
    out.flush()


def _flat(schema: pa.Schema) -> pa.Schema:
    """CSV has no lists, structs or bytes: they become text."""
    return pa.schema([pa.field(f.name, pa.string() if _has_no_csv(f.type) else f.type) for f in schema])


def _has_no_csv(kind: pa.DataType) -> bool:
    return bool(pa.types.is_nested(kind) or pa.types.is_binary(kind) or pa.types.is_large_binary(kind))


def _text(batch: pa.RecordBatch) -> pa.Table:
    columns = [
        pa.array([None if v is None else _as_text(v) for v in column.to_pylist()], pa.string())
        if _has_no_csv(column.type)
        else column
        for column in batch.columns
    ]
    return pa.Table.from_arrays(columns, schema=_flat(batch.schema))


def _as_text(value: object) -> str:
    """Bytes as DuckDB writes them."""
    if not isinstance(value, bytes):
        return str(value)
    return "".join(
        chr(b) if chr(b).isascii() and chr(b).isprintable() and b not in b"\\'\"" else f"\\x{b:02X}" for b in value
    )


def write_arrow(reader: pa.RecordBatchReader) -> None:
    out = pa.output_stream(sys.stdout.buffer)
    with pa.ipc.new_stream(out, reader.schema) as writer:
        for batch in reader:
            writer.write_batch(batch)
    out.flush()
