"""What the writer gets: consecutive events of one origin as rows, an Arrow stream for each table they go into.

Rows are made here, by the many processes that have events, so that the one writer only joins, completes and inserts.
Events pass through their checked lines on the way: a value that does not fit is left out here and never stops a commit.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

import pyarrow as pa

from pipeline.record.rows import Row, fact, private_texts
from pipeline.record.wire import decode_line

SEQ = "seq"  # every table's rows carry their event's sequence number
_TABLE = b"tabela"
_TYPES = {"em": pa.timestamp("us", tz="UTC"), "sintomas": pa.list_(pa.string())}  # the others are plain to see


@dataclass(frozen=True, slots=True)
class Batch:
    """Consecutive events of one origin; `payload` is Arrow IPC streams. Small (see `batch_bytes`) and picklable."""

    origin: str
    first_seq: int
    last_seq: int
    payload: bytes


@dataclass(frozen=True, slots=True)
class Received:
    """A batch as its rows, by table, in the order of their events."""

    origin: str
    last_seq: int
    tables: Mapping[str, pa.Table]


def pack(origin: str, lines: Sequence[tuple[int, bytes]]) -> Batch:
    """A batch of (sequence, line with its newline) pairs, at least one; a line that is damaged adds no row."""
    tables: dict[str, list[Row]] = defaultdict(list)
    for _, line in lines:
        found = decode_line(line[:-1])
        if found is not None:
            for table, row in (fact(found.event), *private_texts(found.event)):
                row[SEQ] = found.seq
                tables[table].append(row)
    sink = pa.BufferOutputStream()
    for name, rows in tables.items():
        _write(sink, _columns(rows).replace_schema_metadata({_TABLE: name}))
    return Batch(origin, lines[0][0], lines[-1][0], sink.getvalue().to_pybytes())


def _columns(rows: Sequence[Row]) -> pa.Table:
    """Keys a row lacks are NULL."""
    names = sorted(set().union(*rows))
    return pa.table({name: pa.array([row.get(name) for row in rows], _TYPES.get(name)) for name in names})


def _write(sink: pa.BufferOutputStream, rows: pa.Table) -> None:
    with pa.ipc.new_stream(sink, rows.schema) as stream:
        stream.write_table(rows)


def unpack(batch: Batch) -> Received:
    source = pa.BufferReader(batch.payload)
    tables: dict[str, pa.Table] = {}
    while source.tell() < source.size():
        rows = pa.ipc.open_stream(source).read_all()
        tables[rows.schema.metadata[_TABLE].decode()] = rows
    return Received(batch.origin, batch.last_seq, tables)


def join(parts: Iterable[pa.Table]) -> pa.Table:
    """Rows of one table, of several batches, as one table: a column that some of them lack is NULL there."""
    return pa.concat_tables(parts, promote_options="permissive").drop_columns([SEQ])
