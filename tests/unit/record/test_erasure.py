"""Erasure: whose data goes, and that it is gone."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from pipeline.ids import new_id
from pipeline.record import requests
from pipeline.record.erasure import ErasureRequest
from pipeline.record.errors import ErasureError, RemovalUnfinished
from pipeline.record.service import RecordService
from pipeline.record.spool import Spool
from tests.unit.record.conftest import SECRET, batch, days_ago, holding, published

Open = Callable[..., RecordService]
REASON = "pedido da Maria da Silva"


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


def test_files_set_aside_as_damaged_go_with_an_erasure(open_service: Open, data_dir: Path) -> None:
    """They hold what was erased, keys among it, as it was."""
    service = open_service()
    session_id = new_id()
    service.commit(batch("o1", 1, days_ago(0, session_id)))
    aside = data_dir / "gravador" / "privado.duckdb.danificado-20261122T000000-000"
    aside.write_bytes((data_dir / "gravador" / "privado.duckdb").read_bytes())
    service.erase(ErasureRequest(session_id=session_id))
    assert not aside.exists()


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


def test_a_request_that_a_full_disk_cut_short_waits_until_it_is_carried_out(
    open_service: Open, data_dir: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    service = open_service(publish_texts=True)
    session_id, folder = new_id(), data_dir / "gravador" / "pedidos"
    service.commit(batch("o1", 1, days_ago(0, session_id)))
    service.publish()

    def no_space(*_: object) -> None:
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as full:
        full.setattr("pipeline.record.removal.rewrite", no_space)
        name = requests.submit(folder, ErasureRequest(session_id=session_id))
        with pytest.raises(RemovalUnfinished, match="free space"):
            service.answer_requests()
        assert (folder / f"{name}.pedido").exists()
    service.answer_requests()
    receipt = requests.wait_for_receipt(folder, name, 0)
    assert (receipt.sessions, receipt.rows_left, receipt.keys_left) == (1, 0, 0)
    assert holding(data_dir, SECRET.encode()) == []
