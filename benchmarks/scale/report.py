"""How figures leave a run: JSON lines for programs, a table for people."""

import json
from pathlib import Path

from rich.console import Console
from rich.table import Table

from benchmarks.scale.figures import Figure


def write(results: Path, figures: list[Figure], **marks: str) -> None:
    """One JSON line a figure, on standard output and in `results`; before them one for each mark of the run."""
    results.parent.mkdir(exist_ok=True)
    lines = [json.dumps({"figure": name, "value": value, "unit": "name"}) for name, value in marks.items()]
    lines += [json.dumps({"figure": figure.name, "value": figure.value, "unit": figure.unit}) for figure in figures]
    print("\n".join(lines), flush=True)
    results.write_text("\n".join(lines) + "\n", encoding="utf-8")


def show(title: str, figures: list[Figure]) -> None:
    """A table, on standard error."""
    table = Table("figure", "value", "unit", "what it is", title=title)
    for figure in figures:
        table.add_row(figure.name, f"{figure.value:g}", figure.unit, figure.meaning)
    Console(stderr=True).print(table)
