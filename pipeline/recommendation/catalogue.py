"""The catalogue: what the pharmacy sells, for what, and who must not have it.

A CSV file with the columns of `COLUMNS`; lists are separated by `|`.
`balto catalogo import` makes one from other files.
"""

import csv
import hashlib
from dataclasses import dataclass
from pathlib import Path

from pipeline.recommendation.errors import CatalogueError

COLUMNS = (
    "sku",
    "produto",
    "principio_ativo",
    "classe",
    "forma",
    "indicacoes",
    "contraindicacoes",
    "mip",
    "complementos",
)
FLAGS = {"true": True, "sim": True, "1": True, "false": False, "nao": False, "não": False, "0": False, "": None}


@dataclass(frozen=True, slots=True, eq=False)  # one object per product
class Product:
    sku: str
    name: str
    ingredients: tuple[str, ...]
    category: str
    form: str
    indications: tuple[str, ...]
    contraindications: frozenset[str]
    otc: bool | None  # sold without prescription, or no medicine at all; None: not known, so never suggested
    complements: tuple[str, ...]


@dataclass(frozen=True)
class Catalogue:
    version: str
    products: dict[str, Product]

    def prescription_names(self) -> tuple[str, ...]:
        """Ingredients sold on prescription only: asking for one is asking for a prescription item."""
        free = {_first(i) for p in self.products.values() if p.otc for i in p.ingredients}
        names = {_first(i) for p in self.products.values() if p.otc is False for i in p.ingredients}
        return tuple(sorted(name for name in names - free if len(name) > 4 and name.isalpha()))


SALTS = frozenset(
    [
        "ácido",
        "cloridrato",
        "bromidrato",
        "sulfato",
        "maleato",
        "citrato",
        "hemitartarato",
        "succinato",
        "fosfato",
        "acetato",
        "sódico",
    ]
)


def _first(ingredient: str) -> str:
    words = [w for w in ingredient.casefold().split() if w not in SALTS and w != "de"]
    return words[0] if words else ""


def load_catalogue(path: Path) -> Catalogue:
    """Raises CatalogueError naming the line."""
    try:
        text = path.read_text(encoding="utf-8-sig")
    except OSError as error:
        raise CatalogueError(path, None, f"cannot be read ({error.strerror}); name another with --catalogue") from error
    except UnicodeDecodeError as error:
        raise CatalogueError(path, None, "is not UTF-8 text; convert it with `balto catalogo import`") from error
    reader = csv.DictReader(text.splitlines(keepends=True), strict=True)
    missing = [c for c in COLUMNS if c not in (reader.fieldnames or ())]
    if missing:
        raise CatalogueError(path, 1, f"columns missing: {', '.join(missing)}; map them with `balto catalogo import`")
    products: dict[str, Product] = {}
    try:
        for row in reader:
            product = _product(path, reader.line_num, row)
            if product.sku in products:
                raise CatalogueError(path, reader.line_num, f"sku {product.sku!r} is already in the file")
            products[product.sku] = product
    except csv.Error as error:
        raise CatalogueError(path, reader.line_num, f"is not CSV: {error}") from error
    if not products:
        raise CatalogueError(path, 1, "has no products")
    for product in products.values():
        unknown = [c for c in product.complements if c not in products]
        if unknown:
            raise CatalogueError(path, None, f"{product.sku}: complementos names no product: {', '.join(unknown)}")
    digest = hashlib.sha256(text.encode()).hexdigest()[:12]
    return Catalogue(f"{path.stem}+{digest}", products)


def _product(path: Path, line: int, row: dict[str, str | None]) -> Product:
    if None in row or any(row[column] is None for column in COLUMNS):
        raise CatalogueError(path, line, f"has not {len(COLUMNS)} columns; quote texts that hold a comma")
    cells = {column: (row[column] or "").strip() for column in COLUMNS}
    if not cells["sku"] or not cells["produto"]:
        raise CatalogueError(path, line, "sku and produto must be filled")
    flag = cells["mip"].casefold()
    if flag not in FLAGS:
        raise CatalogueError(path, line, f"mip is {cells['mip']!r}: write true, false, or nothing when not known")
    return Product(
        cells["sku"],
        cells["produto"],
        _list(cells["principio_ativo"], ";"),
        cells["classe"],
        cells["forma"],
        _list(cells["indicacoes"]),
        frozenset(_list(cells["contraindicacoes"])),
        FLAGS[flag],
        _list(cells["complementos"]),
    )


def _list(cell: str, separator: str = "|") -> tuple[str, ...]:
    return tuple(part.strip() for part in cell.split(separator) if part.strip())
