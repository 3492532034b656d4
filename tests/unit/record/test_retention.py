"""What is kept no longer than its time, and what an earlier version published."""

import os
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import duckdb
import pytest

from pipeline.ids import new_id
from pipeline.record.erasure import ErasureRequest
from pipeline.record.errors import RemovalUnfinished
from pipeline.record.service import RecordService
from tests.unit.record.conftest import SECRET, batch, conversation, days_ago, holding, published

Open = Callable[..., RecordService]
REASON = "pedido da Maria da Silva"


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


def no_space(*_: object) -> None:
    raise duckdb.IOException("No space left on device")


def test_a_disk_that_fills_up_during_a_purge_stops_no_commit_and_the_next_purge_finishes_it(
    open_service: Open, data_dir: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    service = open_service(texts_kept_days=30, facts_kept_days=30, publish_texts=True)
    service.commit(batch("o1", 1, days_ago(40)))
    service.publish()
    for broken in ("removal.rewrite", "archive.create_fact_views", "publish._sync_and_protect"):
        with monkeypatch.context() as full:
            full.setattr(f"pipeline.record.{broken}", no_space)
            with pytest.raises(RemovalUnfinished, match="free space"):
                service.tidy()
        sent = batch(broken, 1, conversation(new_id()))
        assert service.commit(sent) == sent.last_seq
    service.tidy()
    assert holding(data_dir, SECRET.encode()) == []
    assert published(data_dir, "SELECT count(*) FROM analise.interacoes") == [(3,)]
    assert not (data_dir / "gravador" / "por-terminar").exists()
