"""What the writer gets: consecutive events of one origin as rows, an Arrow stream for each table they go into.

Rows are made here, by the many processes that have events, so that the one writer only joins, completes and inserts.
Events pass through their checked lines on the way, and numbers through the columns' types: a fact that the database
would refuse is left out here, since its commit would be tried for ever and hold back all that follow.
"""

import logging
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

import pyarrow as pa

from pipeline.record.private_rows import private_texts
from pipeline.record.rows import Row, fact
from pipeline.record.wire import decode_line

SEQ = "seq"  # every table's rows carry their event's sequence number
_TABLE = b"tabela"
_UNFIT = (pa.ArrowException, OverflowError)

log = logging.getLogger(__name__)

# As wide as the database's, so that what does not fit is found here; the other columns' types are plain to see.
TYPES: Mapping[str, pa.DataType] = {
    "em": pa.timestamp("us", tz="UTC"),
    "sintomas": pa.list_(pa.string()),
    **dict.fromkeys(("versao_protocolo", "codigo_fechamento", "tentativa", "http_status", "posicao"), pa.int16()),
    **dict.fromkeys(("tokens_entrada", "tokens_cache", "tokens_saida"), pa.int32()),
    **dict.fromkeys(("n_palavras", "n_caracteres", "n_removidos", "n_evidencias"), pa.int32()),
    **dict.fromkeys(("amostra_inicial", "amostra_final"), pa.int64()),
}


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
        read = decode_line(line[:-1])
        if read is not None:
            for table, row in (fact(read.event), *private_texts(read.event)):
                row[SEQ] = read.seq
                tables[table].append(row)
    sink = pa.BufferOutputStream()
    for name, rows in tables.items():
        found = _columns(name, rows)
        if found.num_rows:
            _write(sink, found.replace_schema_metadata({_TABLE: name}))
    return Batch(origin, lines[0][0], lines[-1][0], sink.getvalue().to_pybytes())


def _columns(table: str, rows: Sequence[Row]) -> pa.Table:
    try:
        return _as_table(rows)
    except _UNFIT:
        return _as_table([row for row in rows if _fits(table, row)])


def _as_table(rows: Sequence[Row]) -> pa.Table:
    """Keys a row lacks are NULL."""
    names = sorted(set().union(*rows))
    return pa.table({name: pa.array([row.get(name) for row in rows], TYPES.get(name)) for name in names})


def _fits(table: str, row: Row) -> bool:
    try:
        _as_table([row])
    except _UNFIT as error:
        log.error("a row of %s was not recorded: %s", table, error)
        return False
    return True


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
