"""Closed days, retention and erasure."""

import os
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import duckdb
import pytest

from pipeline.events import Event
from pipeline.ids import new_id
from pipeline.record import requests
from pipeline.record.erasure import ErasureRequest
from pipeline.record.errors import ErasureError
from pipeline.record.publish import PublishFailed
from pipeline.record.service import RecordService
from pipeline.record.spool import Spool
from tests.unit.record.conftest import batch, conversation

Open = Callable[..., RecordService]
SECRET = "queixa muito particular"


def published(data_dir: Path, sql: str) -> list[tuple[Any, ...]]:
    with duckdb.connect(str(data_dir / "registro.duckdb"), read_only=True) as con:
        return con.execute(sql).fetchall()


def days_ago(days: int, session_id: str | None = None, balcao_id: str = "balcao-1") -> list[Event]:
    at = datetime.now(UTC) - timedelta(days=days)
    return [replace(event, at=at) for event in conversation(session_id or new_id(), SECRET, balcao_id)]


def holding(data_dir: Path, needle: bytes) -> list[Path]:
    return [path for path in data_dir.rglob("*") if path.is_file() and needle in path.read_bytes()]


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


def test_texts_and_facts_go_when_their_time_is_over(open_service: Open, data_dir: Path) -> None:
    service = open_service(texts_kept_days=30, facts_kept_days=100, errors_kept_days=100, publish_texts=True)
    old, middle, young = new_id(), new_id(), new_id()
    for number, (session_id, days) in enumerate(((old, 120), (middle, 40), (young, 2))):
        service.commit(batch(f"o{number}", 1, days_ago(days, session_id)))
    service.tidy()
    assert service.texts_of(old) == service.texts_of(middle) == []
    assert service.texts_of(young) != []
    assert published(data_dir, "SELECT count(*) FROM analise.interacoes") == [(2,)]
    kept = f"SELECT DISTINCT sessao_id::VARCHAR FROM analise.textos WHERE texto = '{SECRET}'"
    assert published(data_dir, kept) == [(young,)]


def test_purged_texts_leave_no_bytes(open_service: Open, data_dir: Path) -> None:
    service = open_service(texts_kept_days=30, publish_texts=True)
    service.commit(batch("o1", 1, days_ago(40)))
    service.publish()
    assert holding(data_dir, SECRET.encode())
    service.tidy()
    assert holding(data_dir, SECRET.encode()) == []


def test_a_published_text_leaves_no_bytes_after_erasure(open_service: Open, data_dir: Path) -> None:
    service = open_service(publish_texts=True)
    session_id = new_id()
    service.commit(batch("o1", 1, days_ago(0, session_id)))
    service.publish()
    assert holding(data_dir, SECRET.encode())
    service.erase(ErasureRequest(session_id=session_id))
    assert holding(data_dir, SECRET.encode()) == []


@pytest.mark.parametrize("days", [0, 4])
def test_erasing_a_session_leaves_the_others(open_service: Open, data_dir: Path, days: int) -> None:
    service = open_service()
    gone, kept = new_id(), new_id()
    service.commit(batch("o1", 1, [*days_ago(days, gone), *days_ago(days, kept)]))
    service.tidy()
    receipt = service.erase(ErasureRequest(session_id=gone))
    assert (receipt.sessions, receipt.rows_left, receipt.keys_left) == (1, 0, 0)
    assert receipt.texts_erased > 0
    assert service.texts_of(gone) == []
    assert service.texts_of(kept) != []
    assert published(data_dir, "SELECT sessao_id::VARCHAR FROM analise.interacoes") == [(kept,)]
    assert published(data_dir, "SELECT sum(falas_ouvidas), sum(sugeridas) FROM analise.funil_dia") == [(1, 1)]


def test_what_arrives_after_the_erasure_is_dropped(open_service: Open, data_dir: Path) -> None:
    session_id = new_id()
    service = open_service()
    events = days_ago(0, session_id)
    service.commit(batch("o1", 1, events[:2]))
    service.erase(ErasureRequest(session_id=session_id))
    service.close()
    again = open_service()
    again.commit(batch("o1", 3, events[2:]))
    assert again.texts_of(session_id) == []
    again.close()
    assert published(data_dir, "SELECT count(*) FROM fatos.interacoes") == [(0,)]


def test_what_is_dropped_for_its_erasure_does_not_stay_in_the_journal(open_service: Open, data_dir: Path) -> None:
    session_id = new_id()
    events = days_ago(0, session_id)
    service = open_service()
    service.commit(batch("o1", 1, events[:2]))
    service.erase(ErasureRequest(session_id=session_id))
    service.commit(batch("o1", 3, events[2:]))
    service.close()
    assert holding(data_dir, SECRET.encode()) == []


def test_what_a_dead_process_still_had_of_an_erased_session_leaves_no_bytes(open_service: Open, data_dir: Path) -> None:
    session_id = new_id()
    events = days_ago(0, session_id)
    service = open_service()
    service.commit(batch("o1", 1, events[:2]))
    spool = Spool(data_dir / "spool", "o2")
    spool.append(events[2:])
    spool.close()
    service.erase(ErasureRequest(session_id=session_id))
    service.close()
    open_service().close()  # takes the spool in, and drops what was erased
    assert published(data_dir, "SELECT count(*) FROM fatos.interacoes") == [(0,)]
    assert holding(data_dir, SECRET.encode()) == []


def test_erasing_by_counter_and_by_day(open_service: Open, data_dir: Path) -> None:
    service = open_service()
    service.commit(
        batch("o1", 1, [*days_ago(5, balcao_id="a"), *days_ago(5, balcao_id="b"), *days_ago(1, balcao_id="b")])
    )
    assert service.erase(ErasureRequest(balcao_id="a")).sessions == 1
    today = datetime.now(UTC).date()
    assert service.erase(ErasureRequest(before=today - timedelta(days=3))).sessions == 1
    assert published(data_dir, "SELECT balcao_id FROM analise.interacoes") == [("b",)]


@pytest.mark.parametrize("days", [0, 4])
def test_erasing_again_proves_it_again(open_service: Open, days: int) -> None:
    service = open_service()
    session_id = new_id()
    service.commit(batch("o1", 1, days_ago(days, session_id)))
    service.tidy()
    for texts in (True, False):
        receipt = service.erase(ErasureRequest(session_id=session_id))
        assert (receipt.sessions, receipt.rows_left, receipt.keys_left) == (1, 0, 0)
        assert (receipt.texts_erased > 0) == texts


@pytest.mark.parametrize(
    ("request_", "said"),
    [
        (ErasureRequest(session_id=new_id()), "no session .* in the record"),
        (ErasureRequest(balcao_id="balcao-9"), "no session of the counter balcao-9"),
    ],
)
def test_what_was_never_recorded_is_not_said_to_be_erased(
    open_service: Open, request_: ErasureRequest, said: str
) -> None:
    service = open_service()
    service.commit(batch("o1", 1, days_ago(0)))
    with pytest.raises(ErasureError, match=said):
        service.erase(request_)
    service.publish()
    assert service.run_on_writer(lambda con: con.execute("SELECT * FROM bruto.eliminacoes").fetchall()) == []


def test_days_before_which_nothing_was_recorded_are_nothing_to_erase(open_service: Open) -> None:
    service = open_service()
    service.commit(batch("o1", 1, days_ago(0)))
    assert service.erase(ErasureRequest(before=datetime.now(UTC).date() - timedelta(days=30))).sessions == 0


def test_a_session_of_which_only_texts_are_left_is_known(open_service: Open) -> None:
    service = open_service(facts_kept_days=1, errors_kept_days=1, texts_kept_days=30)
    session_id = new_id()
    service.commit(batch("o1", 1, days_ago(4, session_id)))
    service.tidy()
    assert service.erase(ErasureRequest(session_id=session_id)).texts_erased > 0


REASON = "pedido da Maria da Silva"


@pytest.mark.parametrize("days", [0, 4])
def test_what_an_erasure_came_to_is_published_and_why_it_was_asked_for_is_not(
    open_service: Open, data_dir: Path, days: int
) -> None:
    service = open_service()
    session_id = new_id()
    service.commit(batch("o1", 1, [*days_ago(days, session_id), *days_ago(days)]))
    service.tidy()
    receipt = service.erase(ErasureRequest(session_id=session_id, reason=REASON))
    service.close()
    assert holding(data_dir, REASON.encode()) == [data_dir / "gravador" / "privado.duckdb"]
    counts = "escopo, sessoes, fatos_eliminados, textos_eliminados, arquivos_reescritos"
    rows, files = 7, 7 if days else 0
    assert published(data_dir, f"SELECT pedido_id::VARCHAR, {counts} FROM analise.eliminacoes") == [
        (receipt.request_id, "sessao", 1, rows, receipt.texts_erased, files)
    ]


def test_reasons_published_by_an_earlier_version_are_taken_back(open_service: Open, data_dir: Path) -> None:
    service = open_service()
    session_id = new_id()
    service.commit(batch("o1", 1, days_ago(0, session_id)))
    service.erase(ErasureRequest(session_id=session_id))
    told = f"UPDATE bruto.eliminacoes SET motivo = '{REASON}'"
    service.run_on_writer(lambda con: con.execute(told).fetchall())
    service.publish()
    service.close()
    assert data_dir / "registro.duckdb" in holding(data_dir, REASON.encode())
    open_service().close()
    assert holding(data_dir, REASON.encode()) == [data_dir / "gravador" / "privado.duckdb"]
    assert published(data_dir, "SELECT escopo, sessoes FROM analise.eliminacoes") == [("sessao", 1)]


def test_files_set_aside_as_damaged_go_with_an_erasure(open_service: Open, data_dir: Path) -> None:
    """They hold what was erased, keys among it, as it was."""
    service = open_service()
    session_id = new_id()
    service.commit(batch("o1", 1, days_ago(0, session_id)))
    aside = data_dir / "gravador" / "privado.duckdb.danificado-20261122T000000-000"
    aside.write_bytes((data_dir / "gravador" / "privado.duckdb").read_bytes())
    service.erase(ErasureRequest(session_id=session_id))
    assert not aside.exists()


def test_files_set_aside_go_when_the_texts_in_them_would_have(open_service: Open, data_dir: Path) -> None:
    service = open_service(texts_kept_days=30)
    young, old = (data_dir / "gravador" / f"privado.duckdb.danificado-{name}" for name in ("young", "old"))
    for path, days in ((young, 29), (old, 31)):
        path.touch()
        set_aside_s = (datetime.now(UTC) - timedelta(days=days)).timestamp()
        os.utime(path, (set_aside_s, set_aside_s))
    service.tidy()
    assert (young.exists(), old.exists()) == (True, False)


def test_what_nobody_came_back_for_among_the_requests_goes_after_a_day(open_service: Open, data_dir: Path) -> None:
    """The reason of an erasure may name people: it stays in no file that a killed command left."""
    service = open_service()
    folder = data_dir / "gravador" / "pedidos"
    names = ("old.parcial", "old.recibo", "new.parcial", "new.recibo")
    for name in names:
        (folder / name).write_text(REASON)
        left_s = (datetime.now(UTC) - timedelta(hours=25 if "old" in name else 1)).timestamp()
        os.utime(folder / name, (left_s, left_s))
    service.tidy()
    assert sorted(path.name for path in folder.iterdir()) == ["new.parcial", "new.recibo"]


def test_a_disk_that_fills_up_during_a_purge_stops_no_commit_and_the_next_purge_finishes_it(
    open_service: Open, data_dir: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    service = open_service(texts_kept_days=30, facts_kept_days=30, publish_texts=True)
    service.commit(batch("o1", 1, days_ago(40)))
    service.publish()
    for broken in ("removal.rewrite", "archive.create_fact_views", "publish._sync_and_protect"):
        with monkeypatch.context() as full:
            full.setattr(f"pipeline.record.{broken}", no_space)
            with pytest.raises((duckdb.Error, PublishFailed)):
                service.tidy()
        sent = batch(broken, 1, conversation(new_id()))
        assert service.commit(sent) == sent.last_seq
    service.tidy()
    assert holding(data_dir, SECRET.encode()) == []
    assert published(data_dir, "SELECT count(*) FROM analise.interacoes") == [(3,)]
    assert not (data_dir / "gravador" / "por-terminar").exists()


def no_space(*_: object) -> None:
    raise duckdb.IOException("No space left on device")


def test_a_request_names_one_thing() -> None:
    with pytest.raises(ErasureError, match="exactly one"):
        ErasureRequest(session_id="x", balcao_id="y")


def test_a_running_recorder_answers_requests_left_in_its_folder(open_service: Open, data_dir: Path) -> None:
    service = open_service()
    session_id = new_id()
    service.commit(batch("o1", 1, days_ago(0, session_id)))
    folder = data_dir / "gravador" / "pedidos"
    receipt = requests.wait_for_receipt(folder, requests.submit(folder, ErasureRequest(session_id=session_id)), 30)
    assert receipt.sessions == 1
    assert not list(folder.iterdir())


def test_the_privacy_notice_is_a_fact_of_the_counter(open_service: Open, data_dir: Path) -> None:
    service = open_service()
    codigo = service.registry.register_client(email="a@loja.com.br", razao_social="Loja", telefone="1199998888")
    balcao_id, _ = service.registry.register_counter(nome_balcao="B1", cliente_codigo=codigo)
    service.set_notice(balcao_id, shown=True)
    service.close()
    assert published(data_dir, "SELECT nome_balcao, aviso_lgpd FROM analise.balcoes") == [("B1", True)]
