"""Damage to the writer's files: what is set aside, what comes back."""

import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import duckdb
import pytest

from pipeline.ids import new_id
from pipeline.record.service import RecordService
from pipeline.record.spool import Spool
from tests.unit.record.conftest import SETTINGS, batch, conversation

Open = Callable[..., RecordService]


def sessions(data_dir: Path) -> int:
    with duckdb.connect(str(data_dir / "registro.duckdb"), read_only=True) as con:
        row = con.execute("SELECT count(DISTINCT sessao_id) FROM fatos.sugestoes").fetchone()
    assert row is not None
    return int(row[0])


def flip(path: Path, at: float) -> None:
    data = bytearray(path.read_bytes())
    position = int(len(data) * at)
    for offset in range(64):
        data[min(position + offset, len(data) - 1)] ^= 0xFF
    path.write_bytes(data)


KILLED = """
import os, sys
from pathlib import Path
from pipeline.ids import new_id
from pipeline.record.service import RecordService
from tests.unit.record.conftest import SETTINGS, batch, conversation

data_dir = Path(sys.argv[1])
service = RecordService(SETTINGS, data_dir, data_dir / "registro.duckdb")
service.commit(batch("o1", 1, conversation(new_id())))
service.publish()
service.commit(batch("o1", 8, conversation(new_id())))
os._exit(9)
"""


@pytest.fixture(scope="module")
def killed_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What a recorder leaves that published one session, committed another and was killed."""
    folder = tmp_path_factory.mktemp("killed") / "dados"
    root = Path(__file__).parents[3]
    done = subprocess.run([sys.executable, "-c", KILLED, str(folder)], cwd=root, timeout=60)
    assert done.returncode == 9
    return folder


@pytest.fixture
def killed(killed_folder: Path, data_dir: Path) -> None:
    shutil.copytree(killed_folder, data_dir)


@pytest.mark.usefixtures("killed")
def test_a_crash_loses_nothing(open_service: Open, data_dir: Path) -> None:
    service = open_service()
    service.close()
    assert service.recovered == []
    assert sessions(data_dir) == 2


@pytest.mark.usefixtures("killed")
def test_a_flipped_log_is_set_aside_and_the_journal_brings_its_rows_back(open_service: Open, data_dir: Path) -> None:
    wal = data_dir / "gravador" / "quente.duckdb.wal"
    flip(wal, 0.5)
    service = open_service()
    service.close()
    assert "não pôde ser reaplicado" in service.recovered[0]
    assert "a partir do diário" in service.recovered[1]
    assert list(wal.parent.glob("quente.duckdb.wal.danificado-*"))
    assert sessions(data_dir) == 2


@pytest.mark.usefixtures("killed")
def test_a_torn_log_loses_nothing_either(open_service: Open, data_dir: Path) -> None:
    wal = data_dir / "gravador" / "quente.duckdb.wal"
    wal.write_bytes(wal.read_bytes()[: wal.stat().st_size // 2])
    open_service().close()
    assert sessions(data_dir) == 2


@pytest.mark.usefixtures("killed")
def test_a_corrupt_database_is_rebuilt_from_the_publication_and_the_journal(open_service: Open, data_dir: Path) -> None:
    (data_dir / "gravador" / "quente.duckdb").write_bytes(b"not a database at all" * 1000)
    service = open_service()
    service.close()
    assert "fatos refeitos: os da última publicação" in service.recovered[0]
    assert sessions(data_dir) == 2
    with duckdb.connect(str(data_dir / "registro.duckdb"), read_only=True) as con:
        told = con.execute("SELECT count(*) FROM fatos.erros WHERE tipo = 'recuperacao'").fetchone()
    assert told == (len(service.recovered),)


@pytest.mark.usefixtures("killed")
def test_with_no_publication_the_journal_and_the_spool_remain(open_service: Open, data_dir: Path) -> None:
    (data_dir / "gravador" / "quente.duckdb").write_bytes(b"garbage" * 1000)
    (data_dir / "registro.duckdb").unlink()
    service = open_service()
    service.close()
    assert "não havia publicação" in service.recovered[0]
    assert sessions(data_dir) == 1  # the other was only in what is gone


def test_a_dead_process_s_spool_is_taken_in_at_the_start(open_service: Open, data_dir: Path) -> None:
    spool = Spool(data_dir / "spool", "dead")
    spool.append(conversation(new_id()))
    spool.close()  # undelivered: its folder stays
    service = open_service()
    service.close()
    assert "vieram da fila de processos" in service.recovered[0]
    assert sessions(data_dir) == 1
    assert not list((data_dir / "spool").iterdir())


def test_a_process_that_died_before_its_first_fact_keeps_no_recorder_from_starting(
    open_service: Open, data_dir: Path
) -> None:
    spool = data_dir / "spool" / "dead"
    spool.mkdir(parents=True)
    (spool / "lock").touch()
    assert open_service().recovered == []
    assert not spool.exists()


def test_a_damaged_private_file_costs_texts_and_keeps_the_registry(open_service: Open, data_dir: Path) -> None:
    service = open_service()
    codigo = service.registry.register_client(email="a@loja.com.br", razao_social="Loja", telefone="1199998888")
    _, key = service.registry.register_counter(nome_balcao="B1", cliente_codigo=codigo)
    service.close()
    (data_dir / "gravador" / "privado.duckdb").write_bytes(b"garbage" * 1000)
    again = open_service()
    assert "o cadastro é lido do seu diário" in again.recovered[0]
    counter = again.registry.authenticate(key)
    assert counter is not None
    assert counter.cliente_codigo == codigo


def test_a_flipped_log_of_texts_costs_only_what_is_in_it(open_service: Open, data_dir: Path, tmp_path: Path) -> None:
    first, second = new_id(), new_id()
    service = open_service()
    service.commit(batch("o1", 1, conversation(first)))
    service.close()  # which empties the log
    service = open_service()
    service.commit(batch("o2", 1, conversation(second)))
    codigo = service.registry.register_client(email="a@loja.com.br", razao_social="Loja", telefone="1199998888")
    kept, revoked = (service.registry.register_counter(nome_balcao="B", cliente_codigo=codigo) for _ in range(2))
    service.registry.revoke_counter(revoked[0])
    killed = tmp_path / "killed"
    shutil.copytree(data_dir, killed, ignore=shutil.ignore_patterns(".registro.*"))  # a copy on its way
    flip(killed / "gravador" / "privado.duckdb.wal", 0.5)
    again = RecordService(SETTINGS, killed, killed / "registro.duckdb")
    assert "os textos seguem do último checkpoint" in again.recovered[0]
    assert again.texts_of(first) != []
    assert [counter.balcao_id for counter in again.registry.counters()] == [kept[0]]
    again.close()


def test_the_log_of_texts_does_not_grow_for_ever(open_service: Open, data_dir: Path) -> None:
    """A flipped bit in it costs what it holds; publishing, which empties the facts' log, does not touch it."""
    service = open_service()
    for number in range(30):
        text = f"{number} " * 500_000
        service.commit(batch(f"o{number}", 1, conversation(new_id(), text)))
    assert (data_dir / "gravador" / "privado.duckdb.wal").stat().st_size < 24 << 20


def test_another_master_key_is_told_and_stops_nothing(open_service: Open, data_dir: Path) -> None:
    """A restore without the key's backup: a new one is made, and what the old one sealed cannot be read."""
    session_id = new_id()
    first = open_service()
    first.commit(batch("o1", 1, conversation(session_id)))
    first.close()
    (data_dir / "gravador" / "chave-mestra").unlink()
    again = open_service()
    assert "outra chave-mestra" in again.recovered[0]
    assert again.texts_of(session_id) == []
    again.commit(batch("o2", 1, conversation(session_id, "dor de garganta")))
    assert ("transcricao", "dor de garganta") in {(owner, text) for owner, _, text in again.texts_of(session_id)}
