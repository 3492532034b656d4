import threading
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import duckdb
import pytest

from pipeline.events import ErrorNoted, Event, FeedbackGiven
from pipeline.ids import new_id
from pipeline.record import rows
from pipeline.record.errors import DataFolderError, RecorderBusy
from pipeline.record.service import RecordService
from tests.unit.record.conftest import batch, conversation

Open = Callable[..., RecordService]


def published(data_dir: Path, sql: str) -> list[tuple[object, ...]]:
    with duckdb.connect(str(data_dir / "registro.duckdb"), read_only=True) as con:
        return con.execute(sql).fetchall()


def test_a_batch_sent_twice_is_recorded_once(open_service: Open, data_dir: Path) -> None:
    service = open_service()
    sent = batch("o1", 1, conversation(new_id()))
    assert service.commit(sent) == sent.last_seq
    assert service.commit(sent) == sent.last_seq
    service.publish()
    assert published(data_dir, "SELECT count(*) FROM fatos.interacoes") == [(1,)]


def test_a_batch_that_overlaps_adds_only_what_is_new(open_service: Open, data_dir: Path) -> None:
    service = open_service()
    events = [ErrorNoted(component="x", kind="k", message=str(number)) for number in range(6)]
    service.commit(batch("o1", 1, events[:4]))
    assert service.commit(batch("o1", 3, events[2:])) == 6
    service.publish()
    rows = published(data_dir, "SELECT mensagem FROM fatos.erros ORDER BY em, mensagem")
    assert rows == [(str(number),) for number in range(6)]


def test_the_ledger_outlives_a_restart(open_service: Open, data_dir: Path) -> None:
    sent = batch("o1", 1, conversation(new_id()))
    first = open_service()
    first.commit(sent)
    first.close()
    second = open_service()
    assert second.commit(sent) == sent.last_seq
    second.publish()
    assert published(data_dir, "SELECT count(*) FROM fatos.sugestoes") == [(1,)]


def test_the_copy_says_how_fresh_it_is_also_after_a_restart(open_service: Open, data_dir: Path) -> None:
    first = open_service()
    first.commit(batch("o1", 1, conversation(new_id())))
    first.close()
    told = published(data_dir, "SELECT ultimo_fato_em, publicado_em >= ultimo_fato_em FROM analise.atualizacao")
    assert told[0][1] is True
    second = open_service()
    second.publish()
    assert published(data_dir, "SELECT ultimo_fato_em FROM analise.atualizacao") == [told[0][:1]]


def test_every_row_names_its_counter_also_after_a_restart(open_service: Open, data_dir: Path) -> None:
    session_id = new_id()
    first = open_service()
    first.commit(batch("o1", 1, conversation(session_id)))
    first.close()
    second = open_service()
    second.commit(batch("o2", 1, [FeedbackGiven(interaction_id=new_id(), session_id=session_id, resultado="venda")]))
    second.publish()
    assert published(data_dir, "SELECT balcao_id, cliente_codigo FROM fatos.desfechos") == [("balcao-1", "123456")]


def test_a_session_of_a_closed_day_still_names_its_counter_after_a_restart(open_service: Open, data_dir: Path) -> None:
    """A counter may stay connected for days."""
    session_id = new_id()
    first = open_service()
    at = datetime.now(UTC) - timedelta(days=3)
    first.commit(batch("o1", 1, [replace(event, at=at) for event in conversation(session_id)]))
    first.tidy()
    first.close()
    second = open_service()
    second.commit(batch("o2", 1, [FeedbackGiven(interaction_id=new_id(), session_id=session_id, resultado="venda")]))
    second.publish()
    assert published(data_dir, "SELECT balcao_id, cliente_codigo FROM fatos.desfechos") == [("balcao-1", "123456")]


def test_a_restart_asks_for_all_counters_at_once(open_service: Open, data_dir: Path) -> None:
    sessions = [new_id() for _ in range(40)]
    first = open_service()
    for number, session_id in enumerate(sessions):
        first.commit(batch(f"o{number}", 1, conversation(session_id, balcao_id=f"balcao-{number}")))
    first.close()
    second = open_service()
    feedback = [FeedbackGiven(interaction_id=new_id(), session_id=s, resultado="venda") for s in [*sessions, new_id()]]
    second.commit(batch("again", 1, [*feedback]))
    second.publish()
    rows = published(data_dir, "SELECT DISTINCT balcao_id FROM fatos.desfechos WHERE balcao_id IS NOT NULL")
    assert {row[0] for row in rows} == {f"balcao-{number}" for number in range(40)}
    assert published(data_dir, "SELECT count(*) FROM fatos.desfechos WHERE balcao_id IS NULL") == [(1,)]


def test_ids_that_are_not_uuids_are_recorded_too(open_service: Open, data_dir: Path) -> None:
    service = open_service()
    service.commit(batch("o1", 1, conversation("balcão 3, terça")))
    service.publish()
    assert published(data_dir, "SELECT count(DISTINCT sessao_id) FROM fatos.sugestoes") == [(1,)]


def test_a_second_recorder_on_the_same_folder_is_refused(open_service: Open) -> None:
    open_service()
    with pytest.raises(RecorderBusy, match="one data folder takes one recorder"):
        open_service()


def test_an_unwritable_data_folder_is_named(tmp_path: Path, open_service: Open, data_dir: Path) -> None:
    data_dir.write_text("a file where the folder should be")
    with pytest.raises(DataFolderError, match=str(data_dir)):
        open_service()


def test_the_published_file_holds_no_text_unless_opted_in(open_service: Open, data_dir: Path) -> None:
    service = open_service()
    session_id = new_id()
    service.commit(batch("o1", 1, conversation(session_id, "queixa muito particular")))
    service.publish()
    assert b"queixa muito" not in (data_dir / "registro.duckdb").read_bytes()
    assert published(data_dir, "SELECT count(*) FROM bruto.textos_publicados") == [(0,)]
    assert ("transcricao", "queixa muito particular") in {(o, t) for o, _, t in service.texts_of(session_id)}


def test_texts_are_published_where_the_chain_opted_in(open_service: Open, data_dir: Path) -> None:
    service = open_service(publish_texts=True)
    service.commit(batch("o1", 1, conversation(new_id(), "queixa muito particular")))
    service.publish()
    rows = published(data_dir, "SELECT texto FROM bruto.textos_publicados WHERE dono = 'transcricao'")
    assert rows == [("queixa muito particular",)]


def test_texts_published_once_are_taken_back_with_the_opt_in(open_service: Open, data_dir: Path) -> None:
    first = open_service(publish_texts=True)
    session_id = new_id()
    first.commit(batch("o1", 1, conversation(session_id, "queixa muito particular")))
    first.close()
    assert b"queixa muito" in (data_dir / "registro.duckdb").read_bytes()
    second = open_service()
    assert second.texts_of(session_id) != []
    second.close()
    for path in data_dir.rglob("*"):
        assert not path.is_file() or b"queixa muito" not in path.read_bytes(), path
    assert published(data_dir, "SELECT count(*) FROM analise.textos") == [(0,)]


def test_a_start_that_ends_while_it_takes_texts_back_is_taken_up_by_the_next(
    open_service: Open, data_dir: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: object) -> None:
        raise duckdb.IOException("No space left on device")

    first = open_service(publish_texts=True)
    first.commit(batch("o1", 1, conversation(new_id(), "queixa muito particular")))
    first.close()
    with monkeypatch.context() as patched:
        patched.setattr("pipeline.record.removal.rewrite", full)
        open_service().close()
        assert (data_dir / "gravador" / "por-terminar").exists()
    open_service().close()
    for path in data_dir.rglob("*"):
        assert not path.is_file() or b"queixa muito" not in path.read_bytes(), path


def test_no_file_of_the_writer_holds_a_text_in_the_clear_after_publishing(open_service: Open, data_dir: Path) -> None:
    service = open_service()
    service.commit(batch("o1", 1, conversation(new_id(), "queixa muito particular")))
    service.close()
    for path in data_dir.rglob("*"):
        assert not path.is_file() or b"queixa muito" not in path.read_bytes(), path


def test_private_files_are_for_their_owner_only(open_service: Open, data_dir: Path) -> None:
    service = open_service()
    service.commit(batch("o1", 1, conversation(new_id())))
    service.publish()
    private = data_dir / "gravador"
    assert private.stat().st_mode & 0o777 == 0o700
    assert {path.stat().st_mode & 0o077 for path in private.glob("*.duckdb")} == {0}
    assert (data_dir / "registro.duckdb").stat().st_mode & 0o777 == 0o444


def test_what_clients_spent_since_midnight_survives_a_restart(open_service: Open) -> None:
    """Of every session and every process that delivered; yesterday's calls and unknown clients are not in it."""
    midnight = datetime.now(UTC) - timedelta(hours=1)
    old = [replace(event, at=midnight - timedelta(seconds=1)) for event in conversation(new_id())]
    stray = ErrorNoted(component="x", kind="k", message="sem sessão")
    first = open_service()
    first.commit(batch("o1", 1, [*conversation(new_id()), stray]))
    first.commit(batch("o2", 1, [*conversation(new_id(), balcao_id="balcao-2"), *old]))
    assert first.spent_since(midnight) == {"123456": pytest.approx(0.0004)}
    first.close()
    again = open_service()
    assert again.spent_since(midnight) == {"123456": pytest.approx(0.0004)}
    assert again.spent_since(datetime.now(UTC) + timedelta(seconds=1)) == {}


def test_a_batch_that_waits_twice_for_the_same_commit_is_recorded_once(open_service: Open) -> None:
    """A delivery that was given up and sent again may stand in the queue beside the first."""
    service = open_service()
    session_id = new_id()
    sent = batch("o1", 1, conversation(session_id))
    busy = threading.Event()
    waiting = service._writer.run(lambda: busy.wait(30))
    twice = [service.submit(sent), service.submit(sent)]
    busy.set()
    assert waiting.result()
    assert [one.result() for one in twice] == [sent.last_seq] * 2
    texts = [(owner, text) for owner, _, text in service.texts_of(session_id)]
    assert len(texts) == len(set(texts))
    assert service.run_on_writer(lambda con: con.execute("SELECT count(*) FROM bruto.interacoes").fetchall()) == [(1,)]


def test_a_fact_s_day_is_the_local_one(open_service: Open) -> None:
    service = open_service()
    times = [datetime(2026, 11, 25, 2, 59, 59, tzinfo=UTC), datetime(2026, 11, 25, 3, 0, 0, tzinfo=UTC)]
    service.commit(batch("o1", 1, [ErrorNoted(component="t", kind="k", message="m", at=at) for at in times]))
    days = service.run_on_writer(lambda con: con.execute("SELECT dia FROM bruto.erros ORDER BY em").fetchall())
    assert days == [(date(2026, 11, 24),), (date(2026, 11, 25),)]


def test_what_a_newer_producer_adds_is_left_out_and_stops_nothing(
    open_service: Open, monkeypatch: pytest.MonkeyPatch
) -> None:
    real = rows.fact

    def newer(event: Event) -> tuple[str, rows.Row]:
        table, row = real(event)
        return ("novidades", row) if getattr(event, "kind", "") == "novo" else (table, row | {"coluna_nova": 1})

    monkeypatch.setattr("pipeline.record.batch.fact", newer)
    sent = batch("o1", 1, [ErrorNoted(component="t", kind=kind, message="m") for kind in ("novo", "k")])
    service = open_service()
    assert service.commit(sent) == 2
    found = service.run_on_writer(lambda con: con.execute("SELECT tipo FROM bruto.erros").fetchall())
    assert found == [("k",)]
