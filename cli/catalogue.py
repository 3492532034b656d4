"""`balto catalogo`: make a catalogue from other files, check it, search it."""

import csv
from pathlib import Path
from typing import Annotated

import typer
from rich.table import Table

from cli.output import CommandError, out
from configs.recommendation import RecommendationSettings
from pipeline.recommendation.catalogue import COLUMNS, load_catalogue
from pipeline.recommendation.errors import RecommendationError
from pipeline.recommendation.imports import import_rows
from pipeline.recommendation.rulebook import load_rulebook
from pipeline.recommendation.search import SearchIndex
from pipeline.recommendation.shelf import Shelf

app = typer.Typer(help="Import, check and search the catalogue.", no_args_is_help=True)
Catalogue = Annotated[Path | None, typer.Option("--catalogue", help="catalogue (CSV); default: the configured one")]


@app.command("import")
def import_(
    source: Annotated[
        Path, typer.Argument(help="CSV or XLSX: a chain's own file, ANVISA open data, a CMED price list")
    ],
    target: Annotated[Path, typer.Argument(help="the catalogue to write (CSV)")],
    coluna: Annotated[
        list[str] | None, typer.Option(help="ours=theirs, for example --coluna sku=EAN; repeat as needed")
    ] = None,
) -> None:
    """Make a catalogue from another file, and report what in it will never be suggested, and why."""
    mapping = dict(_pair(text) for text in coluna or [])
    try:
        rows, report = import_rows(source, mapping)
    except RecommendationError as error:
        raise CommandError(str(error)) from error
    if not rows:
        raise CommandError(f"{source}: no row has a code and a name; nothing was written")
    try:
        with target.open("w", encoding="utf-8", newline="") as file:
            writer = csv.DictWriter(file, COLUMNS)
            writer.writeheader()
            writer.writerows(rows)
    except OSError as error:
        raise CommandError(f"{target} cannot be written ({error.strerror}); name another file") from None
    out.print(f"{report.kept} of {report.rows} rows → {target}")
    for ours, theirs in report.columns.items():
        out.print(f"  {ours} ← {theirs}")
    for problem, number in report.problems.most_common():
        out.print(f"[warn]{number}[/warn] {problem}")


def _pair(text: str) -> tuple[str, str]:
    ours, sign, theirs = text.partition("=")
    if not sign or not theirs:
        raise CommandError(f"--coluna {text!r}: write ours=theirs, for example --coluna sku=EAN")
    return ours, theirs


@app.command()
def check(catalogue: Catalogue = None) -> None:
    """Read catalogue and rules as the service does, and say what can and cannot be suggested."""
    settings = RecommendationSettings()
    try:
        loaded = load_catalogue(catalogue or settings.catalogue)
        book = load_rulebook(settings.rules, loaded.prescription_names())
    except RecommendationError as error:
        raise CommandError(str(error)) from error
    shelf = Shelf(loaded, book.lexicon)
    reached = {i.product.sku for code in book.lexicon.concepts for i in shelf.indicated(code)}
    free = [p for p in loaded.products.values() if p.otc]
    silent = [p for p in free if p.sku not in reached]
    out.print(f"catalogue {loaded.version}, rules {book.version}")
    answering = len(free) - len(silent)
    out.print(f"{len(loaded.products)} products; {len(free)} without prescription; {answering} answer a complaint")
    for product in silent:
        known = ", ".join(product.indications) or "nenhuma indicação"
        out.print(f"[warn]{product.sku}[/warn] {product.name}: no concept of the lexicon in: {known}")


@app.command()
def search(
    words: Annotated[list[str], typer.Argument(help="what a customer might call it")],
    catalogue: Catalogue = None,
    most: Annotated[int, typer.Option(min=1, max=100, help="results")] = 10,
) -> None:
    """Find products by words, as misheard as they come."""
    try:
        loaded = load_catalogue(catalogue or RecommendationSettings().catalogue)
    except RecommendationError as error:
        raise CommandError(str(error)) from error
    table = Table("score", "sku", "produto", "mip")
    for hit in SearchIndex(loaded).search(" ".join(words), most):
        table.add_row(
            str(hit.score), hit.product.sku, hit.product.name, {True: "sim", False: "não", None: "?"}[hit.product.otc]
        )
    out.print(table)
