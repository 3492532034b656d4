"""Closed days."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import duckdb

from pipeline.record.service import RecordService
from tests.unit.record.conftest import batch, days_ago, published

Open = Callable[..., RecordService]


def everything(data_dir: Path) -> dict[str, list[tuple[Any, ...]]]:
    """Every view's rows, in a fixed order; what changes with the publication itself left out."""
    views = [view for (view,) in published(data_dir, "SELECT DISTINCT visao FROM analise.dicionario")]
    return {
        view: sorted(published(data_dir, f"FROM analise.{view}"), key=repr)
        for view in views
        if view not in ("atualizacao", "dicionario")
    }


def test_closed_days_become_parquet_and_no_view_shows_a_difference(open_service: Open, data_dir: Path) -> None:
    service = open_service()
    for number, days in enumerate((0, 3, 5)):
        service.commit(batch(f"o{number}", 1, days_ago(days)))
    service.publish()
    before = everything(data_dir)
    service.tidy()
    assert everything(data_dir) == before
    assert published(data_dir, "SELECT count(*) FROM bruto.interacoes") == [(1,)]
    files = sorted(path.parent.name for path in (data_dir / "arquivo" / "interacoes").glob("dia=*/*.parquet"))
    assert len(files) == 2
    assert all(name.startswith("dia=20") for name in files)


def test_a_day_closed_before_a_column_existed_is_read_beside_the_others(open_service: Open, data_dir: Path) -> None:
    service = open_service()
    service.commit(batch("o1", 1, [*days_ago(3), *days_ago(4)]))
    service.tidy()
    service.close()
    file = sorted((data_dir / "arquivo").glob("interacoes/*/*.parquet"))[0]
    file.chmod(0o644)
    older = f"SELECT * EXCLUDE (sintomas, espera_ms) FROM '{file}'"
    duckdb.sql(f"COPY (FROM ({older})) TO '{file}.older' (FORMAT parquet)")
    Path(f"{file}.older").rename(file)
    rows = published(data_dir, "SELECT sintomas FROM analise.interacoes ORDER BY em")
    assert rows == [(None,), (["dor_de_cabeca"],)]


def test_rows_that_come_late_join_their_day(open_service: Open, data_dir: Path) -> None:
    service = open_service()
    service.commit(batch("o1", 1, days_ago(3)))
    service.tidy()
    service.commit(batch("o2", 1, days_ago(3)))
    service.tidy()
    assert published(data_dir, "SELECT count(*) FROM fatos.interacoes") == [(2,)]
    assert len(list((data_dir / "arquivo").glob("interacoes/dia=*/*"))) == 1


def test_sealed_days_outlive_a_restart(open_service: Open, data_dir: Path) -> None:
    first = open_service()
    first.commit(batch("o1", 1, days_ago(3)))
    first.tidy()
    first.close()
    second = open_service()
    second.commit(batch("o2", 1, days_ago(0)))
    second.close()
    assert published(data_dir, "SELECT count(*) FROM analise.interacoes") == [(2,)]
