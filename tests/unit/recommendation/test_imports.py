"""Catalogues from elsewhere, in the shapes that they are published in; the files are made here."""

import csv
import zipfile
from pathlib import Path
from xml.sax.saxutils import escape

import pytest
from typer.testing import CliRunner

from cli.main import app
from cli.output import CommandError
from pipeline.recommendation.catalogue import load_catalogue
from pipeline.recommendation.errors import CatalogueError
from pipeline.recommendation.imports import import_rows

MAIN = 'xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"'

ANVISA_HEADER = (
    "TIPO_PRODUTO;NOME_PRODUTO;DATA_FINALIZACAO_PROCESSO;CATEGORIA_REGULATORIA;NUMERO_REGISTRO_PRODUTO;"
    "DATA_VENCIMENTO_REGISTRO;NUMERO_PROCESSO;CLASSE_TERAPEUTICA;EMPRESA_DETENTORA_REGISTRO;SITUACAO_REGISTRO;"
    "PRINCIPIO_ATIVO"
)
ANVISA_ROWS = (
    '"MEDICAMENTO";"ANALGÉSICO A";"01/02/2001";"SIMILAR";"100000001";"012030";"25000000001";"ANALGESICOS";'
    '"00000000000000 - EMPRESA A";"VÁLIDO";"DIPIRONA MONOIDRATADA"',
    '"MEDICAMENTO";"COM ""ASPAS""; E PONTO";"01/02/2001";"NOVO";"100000002";"012030";"25000000002";"OUTROS";'
    '"00000000000000 - EMPRESA B";"VÁLIDO";"PARACETAMOL, CAFEÍNA"',
    '"MEDICAMENTO";"SEM REGISTRO";"01/02/2001";"NOVO";"";"";"";"OUTROS";"";"CADUCO/CANCELADO";""',
)

CMED_HEADER = [
    "SUBSTÂNCIA", "CNPJ", "LABORATÓRIO", "CÓDIGO GGREM", "REGISTRO", "EAN 1", "EAN 2", "EAN 3", "PRODUTO",
    "APRESENTAÇÃO", "CLASSE TERAPÊUTICA", "TIPO DE PRODUTO (STATUS DO PRODUTO)", "PF Sem Impostos", "TARJA",
]  # fmt: skip
CNPJ, NONE = "00.000.000/0001-00", "    -     "
CMED_ROWS: list[list[str | int | None]] = [
    ["LOSARTANA POTÁSSICA", CNPJ, "LAB A", "500000000000001", "1000000000011", 7890000000017, NONE, NONE,
     "PRODUTO A", "50 MG COM REV X 30", "C9C0 - ANTAGONISTAS", "Genérico", "12,34", "Tarja Vermelha(*)"],
    ["PARACETAMOL;CAFEÍNA", CNPJ, "LAB A", "500000000000002", "1000000000012", 7890000000024, "", "",
     "PRODUTO B & CIA", "500 MG + 65 MG COM", "N2B0 - ANALGÉSICOS", "Similar", "5,67", "Tarja Sem Tarja"],
    ["CLONAZEPAM", CNPJ, "LAB B", "500000000000003", "1000000000013", 7890000000031, None, None,
     "PRODUTO C", "2 MG COM", "N3A0 - ANTIEPILÉPTICOS", "Genérico", "8,90", "Tarja Preta"],
]  # fmt: skip


def workbook(path: Path, rows: list[list[str | int | None]]) -> Path:
    """As spreadsheets save it: texts shared, numbers in place, empty cells left out, a second sheet of no interest."""
    texts: list[str] = []

    def cell(column: int, row: int, value: str | int | None) -> str:
        where = f"{chr(ord('A') + column)}{row}"
        if value is None:
            return ""
        if isinstance(value, int):
            return f'<c r="{where}"><v>{value}</v></c>'
        texts.append(value)
        return f'<c r="{where}" t="s"><v>{len(texts) - 1}</v></c>'

    body = "".join(
        f'<row r="{number}">{"".join(cell(column, number, value) for column, value in enumerate(row))}</row>'
        for number, row in enumerate(rows, 1)
    )
    shared = "".join(f"<si><r><t>{escape(t[:3])}</t></r><r><t>{escape(t[3:])}</t></r></si>" for t in texts)
    with zipfile.ZipFile(path, "w") as book:
        book.writestr("xl/worksheets/sheet2.xml", f"<worksheet {MAIN}><sheetData/></worksheet>")
        book.writestr("xl/worksheets/sheet1.xml", f"<worksheet {MAIN}><sheetData>{body}</sheetData></worksheet>")
        book.writestr("xl/sharedStrings.xml", f"<sst {MAIN}>{shared}</sst>")
    return path


def cmed(path: Path) -> Path:
    preamble: list[list[str | int | None]] = [
        ["CÂMARA DE REGULAÇÃO"],
        [],
        ["Lista de preços", None, "publicada em 2026"],
    ]
    return workbook(path, [*preamble * 15, list(CMED_HEADER), *CMED_ROWS])


def test_a_price_list_in_a_workbook_is_read_below_its_preamble(tmp_path: Path) -> None:
    rows, report = import_rows(cmed(tmp_path / "lista.xlsx"), {})
    assert (report.rows, report.kept) == (3, 3)
    assert [row["sku"] for row in rows] == ["7890000000017", "7890000000024", "7890000000031"]
    assert rows[1]["produto"] == "PRODUTO B & CIA"
    assert rows[1]["forma"] == "500 MG + 65 MG COM"
    assert report.columns["sku"] == "EAN 1"
    assert [row["mip"] for row in rows] == ["false", "", "false"]  # no stripe does not make a product free


def test_open_data_is_read_in_its_encoding_and_quoting(tmp_path: Path) -> None:
    path = tmp_path / "dados_abertos.csv"
    path.write_bytes("\r\n".join([ANVISA_HEADER, *ANVISA_ROWS]).encode("latin-1"))
    rows, report = import_rows(path, {})
    assert [row["produto"] for row in rows] == ["ANALGÉSICO A", 'COM "ASPAS"; E PONTO']
    assert rows[0]["sku"] == "100000001"
    assert rows[0]["principio_ativo"] == "DIPIRONA MONOIDRATADA"
    assert rows[1]["principio_ativo"] == "PARACETAMOL;CAFEÍNA"  # each is checked against what a customer may not take
    assert {row["mip"] for row in rows} == {""}
    assert report.problems["sem código ou nome: fora"] == 1


def test_what_is_imported_loads_and_suggests_nothing(tmp_path: Path) -> None:
    source, target = cmed(tmp_path / "lista.xlsx"), tmp_path / "catalogo.csv"
    done = CliRunner().invoke(app, ["catalogo", "import", str(source), str(target)])
    assert done.exit_code == 0, done.output
    assert "3 of 3 rows" in done.output
    products = load_catalogue(target).products
    assert products["7890000000024"].otc is None
    assert products["7890000000017"].otc is False
    checked = CliRunner().invoke(app, ["catalogo", "check", "--catalogue", str(target)])
    assert "3 products; 0 without prescription; 0 answer a complaint" in checked.output


def test_open_data_loads_too_and_is_searched(tmp_path: Path) -> None:
    source, target = tmp_path / "dados_abertos.csv", tmp_path / "catalogo.csv"
    source.write_bytes("\n".join([ANVISA_HEADER, *ANVISA_ROWS]).encode("latin-1"))
    assert CliRunner().invoke(app, ["catalogo", "import", str(source), str(target)]).exit_code == 0
    found = CliRunner().invoke(app, ["catalogo", "search", "de pirona", "--catalogue", str(target)])
    assert "100000001" in found.output


def test_a_chains_own_workbook_is_mapped(tmp_path: Path) -> None:
    path = workbook(
        tmp_path / "rede.xlsx", [["COD BARRAS", None, "DESC"], [789, None, "Gaze"], [], [790, None, "Soro"]]
    )
    rows, report = import_rows(path, {"sku": "cod barras", "produto": "DESC"})
    assert [(row["sku"], row["produto"]) for row in rows] == [("789", "Gaze"), ("790", "Soro")]
    assert report.rows == 2


@pytest.mark.parametrize("name", ["lista.xlsx", "lista.xls"])
def test_what_is_not_a_workbook_says_how_to_mend_it(tmp_path: Path, name: str) -> None:
    path = tmp_path / name
    path.write_bytes(b"\xd0\xcf\x11\xe0 an old binary file")
    with pytest.raises(CatalogueError, match="save it as"):
        import_rows(path, {})


def test_nothing_is_written_when_no_row_can_be_used(tmp_path: Path) -> None:
    source, target = tmp_path / "rede.csv", tmp_path / "catalogo.csv"
    with source.open("w", encoding="utf-8", newline="") as file:
        csv.writer(file).writerows([["sku", "produto"], ["", "Gaze"]])
    done = CliRunner().invoke(app, ["catalogo", "import", str(source), str(target)])
    assert isinstance(done.exception, CommandError)
    assert not target.exists()
