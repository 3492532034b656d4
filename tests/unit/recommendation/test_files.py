"""Bad files name the file, the line and the reason."""

import shutil
from pathlib import Path

import pytest

from configs.recommendation import RecommendationSettings
from pipeline.recommendation import meaning
from pipeline.recommendation.catalogue import COLUMNS, load_catalogue
from pipeline.recommendation.errors import CatalogueError, RulesError
from pipeline.recommendation.imports import import_rows
from pipeline.recommendation.lexicon_files import LEXICON_FILES
from pipeline.recommendation.recommend import make_recommender
from pipeline.recommendation.rulebook import load_rulebook
from pipeline.recommendation.second_reading import FILE_NAME

HEADER = ",".join(COLUMNS) + "\n"
ROW = "A1,Produto,,dispositivo,unidade,dor de cabeça,,true,\n"


@pytest.mark.parametrize(
    ("content", "line", "reason"),
    [
        ("sku,produto\nA,B\n", 1, "columns missing"),
        (HEADER, 1, "no products"),
        (HEADER + ROW + ROW, 3, "already"),
        (HEADER + ROW.replace("true", "talvez"), 2, "mip"),
        (HEADER + ",Sem código,,x,y,,,true,\n", 2, "sku"),
        (HEADER + "A1,a,b\n", 2, "columns"),
        (HEADER + ROW.replace(",true,", ",true,NADA"), None, "complementos"),
    ],
)
def test_catalogue_errors(tmp_path: Path, content: str, line: int | None, reason: str) -> None:
    path = tmp_path / "catalogo.csv"
    path.write_text(content, encoding="utf-8")
    with pytest.raises(CatalogueError, match=reason) as raised:
        load_catalogue(path)
    assert raised.value.line == line
    assert str(path) in str(raised.value)


def test_a_missing_catalogue_is_named(tmp_path: Path) -> None:
    with pytest.raises(CatalogueError, match=r"nada\.csv"):
        load_catalogue(tmp_path / "nada.csv")


@pytest.fixture
def rules(tmp_path: Path) -> Path:
    source = RecommendationSettings().rules
    for name in (source.name, *LEXICON_FILES, FILE_NAME):
        shutil.copy(source.with_name(name), tmp_path / name)
    return tmp_path / source.name


@pytest.mark.parametrize(
    ("file", "old", "new", "reason"),
    [
        ("regras.yaml", "[[dor_peito], ", "[[dor_no_peito], ", "no concept 'dor_no_peito'"),
        ("regras.yaml", "febre_dias>=4", "altura>=4", "no measure 'altura'"),
        ("regras.yaml", "febre_dias>=4", "febre dias > 4", "is not a term"),
        ("regras.yaml", "    criterio: tarja_sem_receita\n", "", "either quando or criterio"),
        ("regras.yaml", "versao:", "versão_errada:", "versao"),
        ("regras.yaml", "bebe_febre: bebe,", "bebe_febre: bebezao,", "bebe_febre: no such concept"),
        ("lexico.yaml", "      - febr*\n", "      - febr*)\n", "febr"),
        ("lexico.yaml", "<dor> ~3 (cabeça|cabeca)", "<dór> ~3 cabeça", "no term"),
        ("lexico.yaml", "tipo: sintoma\n", "tipo: sintona\n", "tipo"),
        ("lexico.yaml", "conceitos:", "conceitos: [", "is not YAML"),
    ],
)
def test_rule_errors_name_the_line(rules: Path, file: str, old: str, new: str, reason: str) -> None:
    path = rules.with_name(file)
    text = path.read_text(encoding="utf-8")
    assert old in text
    path.write_text(text.replace(old, new, 1), encoding="utf-8")
    with pytest.raises(RulesError, match=reason) as raised:
        load_rulebook(rules)
    assert raised.value.file == path
    assert raised.value.line


def test_versions_follow_content(rules: Path) -> None:
    before = load_rulebook(rules).version
    rules.write_text(rules.read_text(encoding="utf-8") + "\n# revisto\n", encoding="utf-8")
    assert load_rulebook(rules).version != before


def test_checking_the_files_does_not_read_the_encoders_weights(rules: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """`balto run` checks them and lives as long as the service: the weights are the recommender's."""
    read: list[str] = []
    monkeypatch.setattr(meaning, "_encoder", lambda: read.append("weights"))
    load_rulebook(rules)
    assert read == []
    make_recommender(RecommendationSettings(rules=rules), None)
    assert read == ["weights"]


def test_a_price_list_with_a_preamble_is_read(tmp_path: Path) -> None:
    path = tmp_path / "cmed.csv"
    lines = ["Lista de preços;;;;", "publicada em;;;;", "SUBSTÂNCIA;EAN 1;PRODUTO;APRESENTAÇÃO;TARJA"]
    lines += ["DIPIRONA;789001;NOME A;500 MG COM;Tarja Sem Tarja", "LOSARTANA;789002;NOME B;50 MG COM;Tarja Vermelha"]
    path.write_bytes("\n".join([*lines, "LOSARTANA;789002;NOME B;50 MG COM;Tarja Vermelha"]).encode("latin-1"))
    rows, report = import_rows(path, {})
    assert [row["mip"] for row in rows] == ["", "false"]  # no stripe does not make a product free
    assert (report.rows, report.kept) == (3, 2)
    assert report.problems["código repetido: fora"] == 1
    assert report.problems["sem indicação: nunca sugerido"] == 2


def test_a_mapping_must_name_a_column_that_exists(tmp_path: Path) -> None:
    path = tmp_path / "rede.csv"
    path.write_text("COD,DESC\n1,Gaze\n", encoding="utf-8")
    rows, _ = import_rows(path, {"sku": "COD", "produto": "DESC"})
    assert rows[0]["produto"] == "Gaze"
    with pytest.raises(CatalogueError):
        import_rows(path, {"sku": "EAN"})
