"""One query, locked in. Started by `pipeline.record.query`; reads its order on stdin, writes the result on stdout.

What holds it, in the order it is put on: no network (own namespace, where the kernel lets us), no root (becomes
`nobody`), files read-only but for its scratch folder (Landlock, where the kernel has it), limits on address space,
CPU and file size, then DuckDB's own locks. Those alone would not do: DuckDB 2.0 lets read_duckdb() open any database
and COPY write over a file that may be read; without Landlock or another user, no query is answered. A failure is one
line on stderr: `refused: …`, `too_large: …` or `unconfined: …`.
"""

import json
import os
import resource
import sys
from pathlib import Path
from typing import Any, NoReturn

from pipeline.record import confinement

_BASE_MB = 1536  # address space of Python, DuckDB and Arrow before any data
_BATCH_ROWS = 10_000
_NOT_HELD = (
    "this machine cannot confine queries: it needs Landlock (Linux 5.13 or later, enabled), or a service started as "
    "root; record.query_unconfined answers them all the same"
)


def main() -> None:
    order = json.load(sys.stdin)
    confine(order)
    try:
        answer(order)
    except MemoryError:
        fail("too_large", "the query needed more memory than a query may use; ask for less")


def fail(kind: str, message: str) -> NoReturn:
    print(f"{kind}: {message}", file=sys.stderr, flush=True)
    os._exit(1)  # buffers and destructors have nothing to add


def confine(order: dict[str, Any]) -> None:
    """Give up whatever the query does not need."""
    confinement.leave_network()
    owner = os.geteuid()
    confinement.drop_root(Path(order["database"]))
    restricted = confinement.restrict_files(
        readable=[Path(order["database"]), Path(order["archive"]), *confinement.runtime_folders()],
        writable=[Path(order["scratch"])],
    )
    if not restricted and os.geteuid() == owner and not order["unconfined"]:
        fail("unconfined", _NOT_HELD)
    memory = (order["memory_mb"] + _BASE_MB) << 20
    resource.setrlimit(resource.RLIMIT_AS, (memory, memory))
    seconds = int(order["time_s"] * order["threads"]) + 5
    resource.setrlimit(resource.RLIMIT_CPU, (seconds, seconds))
    spill = max(order["spill_mb"], 1) << 20
    resource.setrlimit(resource.RLIMIT_FSIZE, (spill, spill))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))


def answer(order: dict[str, Any]) -> None:
    import duckdb

    try:
        con = open_locked(order)
        statements = con.extract_statements(order["sql"])
        if len(statements) != 1:
            fail("refused", "send exactly one statement")
        kinds = duckdb.StatementType  # MULTI: a PIVOT that finds its own columns
        if statements[0].type not in (kinds.SELECT, kinds.EXPLAIN, kinds.MULTI):
            fail("refused", "only queries are allowed")  # a courtesy: what passes may still try to write, and is held
        result = con.sql(order["sql"])
        if result is None:
            fail("refused", "only queries that return rows are allowed")
        write(result, order)
    except duckdb.OutOfMemoryException:
        fail("too_large", "the query needed more memory than a query may use; ask for less")
    except duckdb.Error as error:
        fail("refused", " ".join(str(error).split())[:600])


def open_locked(order: dict[str, Any]) -> Any:
    """The published file, read-only, with every door of DuckDB's that leads out of it shut and the key thrown away."""
    import duckdb

    con = duckdb.connect(order["database"], read_only=True, config={"python_enable_replacements": "false"})
    manifest = con.execute("SELECT arquivo FROM bruto.selados").fetchall()
    cold = [str(Path(order["archive"]) / name) for (name,) in manifest]
    con.execute("SET enable_progress_bar = false")  # it would land among the rows
    con.execute(f"SET threads = {int(order['threads'])}")
    con.execute(f"SET memory_limit = '{int(order['memory_mb'])}MB'")
    con.execute(f"SET temp_directory = '{order['scratch']}'")
    con.execute(f"SET max_temp_directory_size = '{int(order['spill_mb'])}MB'")
    con.execute("SET autoinstall_known_extensions = false")
    con.execute("SET autoload_known_extensions = false")
    con.execute("SET allow_community_extensions = false")
    con.execute("SET allow_persistent_secrets = false")
    if cold:
        con.execute(f"SET allowed_paths = [{', '.join(_quoted(path) for path in cold)}]")
    con.execute("SET enable_external_access = false")
    con.execute("SET lock_configuration = true")
    return con


def _quoted(text: str) -> str:
    return "'" + text.replace("'", "''") + "'"


def write(result: Any, order: dict[str, Any]) -> None:
    """The rows, in the wanted form, batch by batch: nothing is held whole."""
    import pyarrow as pa

    from pipeline.record.shared_types import in_shared_types

    if order["form"] == "csv":
        result = result.query("resultado", "SELECT CAST(COLUMNS(*) AS VARCHAR) FROM resultado")
    elif order["form"] == "json":
        result = _as_lines(result)
    reader = in_shared_types(result).to_arrow_reader(_BATCH_ROWS)
    out = pa.output_stream(sys.stdout.buffer)
    sink = _sink(order["form"], out, reader.schema)
    rows = 0
    for batch in reader:
        rows += batch.num_rows
        if rows > order["rows"]:
            fail("too_large", f"the result passed {order['rows']} rows; aggregate, or add a LIMIT")
        sink.write(batch)
    sink.close()
    out.flush()


def _as_lines(result: Any) -> Any:
    """One column of JSON objects. JSON has no NaN and no infinity: they are null."""
    from pipeline.record.shared_types import quoted

    row = "linha"
    while row in result.columns:  # a column of that name would be taken for the whole row
        row += "_"
    places = [f"c{place}" for place in range(len(result.columns))]  # two columns may have one name
    shown = ", ".join(
        f"{_finite(place) if str(kind) in ('FLOAT', 'DOUBLE') else place} AS {quoted(name)}"
        for place, kind, name in zip(places, result.types, result.columns, strict=True)
    )
    rows = f"SELECT {shown} FROM {row} AS r({', '.join(places)})"
    return result.query(row, f"SELECT to_json({row})::VARCHAR FROM ({rows}) AS {row}")


def _finite(number: str) -> str:
    return f"CASE WHEN isfinite({number}) THEN {number} END"


def _sink(form: str, out: Any, schema: Any) -> Any:
    import pyarrow as pa
    import pyarrow.csv

    if form == "arrow":
        return pa.ipc.new_stream(out, schema, options=pa.ipc.IpcWriteOptions(compression="zstd"))
    if form == "csv":
        return pyarrow.csv.CSVWriter(out, schema)
    return _Lines(out)


class _Lines:
    """One JSON object per line."""

    def __init__(self, out: Any) -> None:
        self._out = out

    def write(self, batch: Any) -> None:
        self._out.write(("\n".join(batch.column(0).to_pylist()) + "\n").encode())

    def close(self) -> None:
        """Nothing ends a file of lines."""


if __name__ == "__main__":
    main()
