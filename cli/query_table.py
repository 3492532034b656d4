"""Rows on a terminal: side by side where they fit, else one under the other.

Names and values are other people's: as `Text`, brackets in them are brackets and no markup.
"""

from collections.abc import Iterator, Sequence
from itertools import islice
from typing import Any

import pyarrow as pa
from rich.console import Console, RenderableType
from rich.table import Table
from rich.text import Text

_SHOWN_ROWS = 200
_NARROWEST_CHARS = 11  # a column of fewer, its border included, cannot be read

Rows = Sequence[tuple[Any, ...]]


def write_table(reader: pa.RecordBatchReader) -> None:
    """The first rows, and how many there are to see."""
    names: Sequence[str] = reader.schema.names
    rows = list(islice(_rows(reader), _SHOWN_ROWS))
    console = Console()
    fits = len(names) * _NARROWEST_CHARS <= console.width
    for shown in [_side_by_side(names, rows)] if fits else _one_by_one(names, rows):
        console.print(shown)
    more = " or more: --csv gives all" if len(rows) == _SHOWN_ROWS else ""
    console.print(f"{len(rows)} row{'' if len(rows) == 1 else 's'}{more}", style="dim")


def _rows(reader: pa.RecordBatchReader) -> Iterator[tuple[Any, ...]]:
    for batch in reader:
        yield from zip(*(column.to_pylist() for column in batch.columns), strict=True)


def _side_by_side(names: Sequence[str], rows: Rows) -> RenderableType:
    table = Table(header_style="bold", row_styles=["", "dim"])
    for name in names:
        table.add_column(Text(name))
    for row in rows:
        table.add_row(*(_cell(value) for value in row))
    return table


def _one_by_one(names: Sequence[str], rows: Rows) -> Iterator[RenderableType]:
    for number, row in enumerate(rows, 1):
        table = Table("", "", show_header=False, title=f"row {number}", title_justify="left")
        for name, value in zip(names, row, strict=True):
            table.add_row(Text(name), _cell(value))
        yield table
    if not rows:
        table = Table("", show_header=False)
        for name in names:
            table.add_row(Text(name))
        yield table


def _cell(value: Any) -> Text:
    if value is None:
        return Text()
    return Text(f"{value:.4g}" if isinstance(value, float) else str(value))
