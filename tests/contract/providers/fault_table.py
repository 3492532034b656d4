"""What `docs/providers.md` says that a counter sees of each fault: the tests hold it to that."""

import re
from dataclasses import dataclass
from pathlib import Path

from sandbox.faults import Fault

DOCS = Path(__file__).parents[3] / "docs" / "providers.md"
HEADER = "| fault |"
CELL = re.compile(r"(?P<sees>[a-z' ]+) · `(?P<recorded>\w+)`(?P<alert> · alert)?")


@dataclass(frozen=True, slots=True)
class Consequence:
    sees: str
    recorded: str  # of the attempt that the fault hit
    alert: bool


@dataclass(frozen=True, slots=True)
class Row:
    batch: Consequence | None
    realtime: Consequence | None
    model: Consequence | None


def fault_table() -> dict[Fault, Row]:
    lines = iter(DOCS.read_text(encoding="utf-8").splitlines())
    next(line for line in lines if line.startswith(HEADER))
    next(lines)
    rows = {}
    for line in lines:
        if not line.startswith("|"):
            break
        fault, *cells = (cell.strip() for cell in line.strip("|").split("|"))
        rows[Fault(fault.strip("`"))] = Row(*map(_consequence, cells))
    return rows


def _consequence(cell: str) -> Consequence | None:
    if not cell:
        return None
    found = CELL.fullmatch(cell)
    assert found, cell
    return Consequence(found["sees"], found["recorded"], bool(found["alert"]))
