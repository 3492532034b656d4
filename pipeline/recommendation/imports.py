"""Catalogues from elsewhere: a chain's own CSV, ANVISA's open data, the CMED price list.

Nothing clinical is guessed: a row without an indication or without a known prescription status is kept, reported, and
never suggested. CMED's stripe can only rule a product out, never in.
"""

import csv
import io
import re
import zipfile
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from xml.etree import ElementTree

from pipeline.recommendation.catalogue import COLUMNS, FLAGS
from pipeline.recommendation.errors import CatalogueError
from pipeline.recommendation.spoken import plain

ENCODINGS = ("utf-8-sig", "latin-1")
PREAMBLE_ROWS = 120  # a header is looked for in so many rows; CMED's list has about 48 before it
KNOWN = {  # what other files call our columns
    "sku": ("sku", "codigo", "código", "cod", "ean 1", "ean1", "ean", "numero_registro_produto", "registro"),
    "produto": ("produto", "nome_produto", "descricao", "descrição", "nome"),
    "principio_ativo": ("principio_ativo", "principio ativo", "princípio ativo", "substancia", "substância"),
    "classe": ("classe", "classe_terapeutica", "classe terapeutica", "classe terapêutica", "categoria"),
    "forma": ("forma", "apresentacao", "apresentação", "forma farmaceutica"),
    "indicacoes": ("indicacoes", "indicações"),
    "contraindicacoes": ("contraindicacoes", "contraindicações"),
    "mip": ("mip", "isento", "tarja"),
    "complementos": ("complementos",),
}
INGREDIENTS = re.compile(r"\s*;\s*|,\s+|\s+\+\s+")  # CMED writes "A;B", ANVISA "A, B", chains "A + B"
CELL = re.compile(r"([A-Z]+)\d+")
XLSX = "{http://schemas.openxmlformats.org/spreadsheetml/2006/main}"


@dataclass(slots=True)
class Report:
    """What an import found."""

    rows: int = 0
    kept: int = 0
    problems: Counter[str] = field(default_factory=Counter)
    columns: dict[str, str] = field(default_factory=dict)  # ours → theirs


def import_rows(path: Path, mapping: Mapping[str, str]) -> tuple[list[dict[str, str]], Report]:
    """Rows in our columns, and the report. `mapping` names their column for ours, over what is recognised.

    Raises CatalogueError.
    """
    rows = _xlsx(path) if path.suffix.casefold() == ".xlsx" else _csv(path)
    if path.suffix.casefold() == ".xls":
        raise CatalogueError(path, None, "is an old Excel file; save it as .xlsx or .csv and import that")
    header, places, body = _header(path, rows, mapping)
    report = Report(columns={ours: header[at] for ours, at in places.items()})
    found: dict[str, dict[str, str]] = {}
    for cells in body:
        if not any(cell.strip() for cell in cells):
            continue
        report.rows += 1
        row = {ours: cells[at].strip() if at < len(cells) else "" for ours, at in places.items()}
        if (problem := _take(row, found, report)) is not None:
            report.problems[problem] += 1
    report.kept = len(found)
    return list(found.values()), report


def _take(row: dict[str, str], found: dict[str, dict[str, str]], report: Report) -> str | None:
    if not row.get("sku") or not row.get("produto"):
        return "sem código ou nome: fora"
    if row["sku"] in found:
        return "código repetido: fora"
    row["mip"] = _otc(row.get("mip", ""))
    row["principio_ativo"] = ";".join(filter(None, INGREDIENTS.split(row.get("principio_ativo", ""))))
    if not row.get("indicacoes"):
        report.problems["sem indicação: nunca sugerido"] += 1
    if not row["mip"]:
        report.problems["isenção de prescrição desconhecida: nunca sugerido"] += 1
    found[row["sku"]] = {column: row.get(column, "") for column in COLUMNS}
    return None


def _otc(cell: str) -> str:
    """Our flag. A stripe means prescription; no stripe alone does not make a product free of it."""
    value = plain(cell)
    if value in FLAGS:
        flag = FLAGS[value]
        return "" if flag is None else str(flag).lower()
    return "false" if "vermelha" in value or "preta" in value else ""


def _header(
    path: Path, rows: Iterator[list[str]], mapping: Mapping[str, str]
) -> tuple[list[str], dict[str, int], Iterator[list[str]]]:
    if unknown := mapping.keys() - set(COLUMNS):
        raise CatalogueError(path, None, f"no column {min(unknown)!r} in our catalogue; ours are {', '.join(COLUMNS)}")
    best: str = "no row looks like a header"
    for number, cells in enumerate(rows):
        names = [plain(cell.strip()) for cell in cells]
        places = {}
        for ours in COLUMNS:
            theirs = (mapping[ours],) if ours in mapping else KNOWN[ours]
            at = next((names.index(plain(name)) for name in theirs if plain(name) in names), None)
            if at is not None:
                places[ours] = at
        if {"sku", "produto"} <= places.keys():
            missing = [name for name in mapping.values() if plain(name) not in names]
            if missing:
                raise CatalogueError(path, number + 1, f"has no column {missing[0]!r}; it has {', '.join(cells)}")
            return cells, places, rows
        if number >= PREAMBLE_ROWS:
            break
    raise CatalogueError(
        path, None, f"{best}: map its columns, for example --coluna sku=EAN --coluna produto=DESCRICAO"
    )


def _csv(path: Path) -> Iterator[list[str]]:
    text = _text(path)
    delimiter = ";" if text[:4000].count(";") > text[:4000].count(",") else ","
    return csv.reader(io.StringIO(text, newline=""), delimiter=delimiter)


def _text(path: Path) -> str:
    try:
        raw = path.read_bytes()
    except OSError as error:
        raise CatalogueError(path, None, f"cannot be read ({error.strerror})") from error
    for encoding in ENCODINGS:
        try:
            return raw.decode(encoding)
        except UnicodeDecodeError:
            continue
    raise CatalogueError(path, None, "is neither UTF-8 nor Latin-1 text")


def _xlsx(path: Path) -> Iterator[list[str]]:
    """The first sheet's rows. A workbook is zipped XML; prices and names need no more of it than this."""
    try:
        with zipfile.ZipFile(path) as book:
            shared = _shared(book)
            sheet = next(n for n in sorted(book.namelist()) if n.startswith("xl/worksheets/sheet"))
            rows = [_xlsx_row(row, shared) for row in ElementTree.fromstring(book.read(sheet)).iter(f"{XLSX}row")]
    except (OSError, zipfile.BadZipFile, StopIteration, ElementTree.ParseError, ValueError, IndexError) as error:
        raise CatalogueError(
            path, None, f"is not an Excel workbook ({type(error).__name__}); save it as CSV"
        ) from error
    return iter(rows)


def _shared(book: zipfile.ZipFile) -> list[str]:
    if "xl/sharedStrings.xml" not in book.namelist():
        return []
    root = ElementTree.fromstring(book.read("xl/sharedStrings.xml"))
    return ["".join(t.text or "" for t in item.iter(f"{XLSX}t")) for item in root.iter(f"{XLSX}si")]


def _xlsx_row(row: ElementTree.Element, shared: list[str]) -> list[str]:
    cells: dict[int, str] = {}
    for cell in row.iter(f"{XLSX}c"):
        match = CELL.fullmatch(cell.get("r", ""))
        at = _column(match[1]) if match else len(cells)
        value = cell.findtext(f"{XLSX}v") or "".join(t.text or "" for t in cell.iter(f"{XLSX}t"))
        cells[at] = shared[int(value)] if cell.get("t") == "s" and value else value
    return [cells.get(at, "") for at in range(max(cells, default=-1) + 1)]


def _column(letters: str) -> int:
    place = 0
    for letter in letters:
        place = place * 26 + ord(letter) - ord("A") + 1
    return place - 1
