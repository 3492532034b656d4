"""A purge or an erasure that is killed at any line of it: the state before or the state after, and no byte half-way.

What SIGKILL leaves is the files as they are at that moment. So the folder is copied at every line that the removal
runs through, and each copy that differs from the one before is started from.
"""

import shutil
import sys
import threading
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from types import FrameType
from typing import Any

import duckdb
import pytest

from pipeline.ids import new_id
from pipeline.record.erasure import ErasureRequest
from pipeline.record.registry_log import RegistryLog
from pipeline.record.requests import submit
from pipeline.record.service import RecordService
from tests.contract.record.conftest import SETTINGS
from tests.unit.record.conftest import batch, conversation
from tests.unit.record.test_contacts import EMAIL, TELEFONE, leave_older_folder

SECRET = "queixa muito particular"
REMOVING = {"removal", "retention", "erasure", "compact", "registry_log", "requests"}
GONE, OLD_DAYS = new_id(), 20
KEPT = SETTINGS.model_copy(update={"texts_kept_days": 10, "facts_kept_days": 10, "publish_texts": True})


class Copies:
    """Of a folder, at every line of the watched modules while it is armed."""

    def __init__(self, folder: Path, to: Path) -> None:
        self._folder, self._to = folder, to
        self.modules = REMOVING
        self._armed = False
        self._last = 0
        self.taken: list[Path] = []

    @contextmanager
    def armed(self) -> Iterator[None]:
        self._armed = True
        yield
        self._armed = False
        self._look()

    def trace(self, frame: FrameType, event: str, _: Any) -> Any:
        if Path(frame.f_code.co_filename).stem not in self.modules:
            return None
        if self._armed and event == "line" and threading.current_thread().name != "record-housekeeping":
            self._look()
        return self.trace

    def _look(self) -> None:
        files = {path: path.read_bytes() for path in sorted(self._folder.rglob("*")) if path.is_file()}
        seen = 0
        for path, data in files.items():
            seen = zlib.crc32(data, zlib.crc32(str(path).encode(), seen))
        if seen != self._last:
            self._last = seen
            copy = self._to / f"{len(self.taken):03d}"
            shutil.copytree(self._folder, copy)
            self.taken.append(copy)


@pytest.fixture
def watched(tmp_path: Path) -> Iterator[Copies]:
    """Looks on in threads that begin from now on, and in this one."""
    copies = Copies(tmp_path / "dados", tmp_path / "copies")
    before = sys.gettrace(), threading.gettrace()
    sys.settrace(copies.trace)
    threading.settrace(copies.trace)
    yield copies
    sys.settrace(before[0])
    threading.settrace(before[1])  # none, unless coverage is measured


def record(folder: Path) -> tuple[RecordService, str]:
    """A client with a session of long ago, part of it in a closed day and part still hot; another's, of today.

    Returns the client's code too.
    """
    service = RecordService(SETTINGS.model_copy(update={"publish_texts": True}), folder, db(folder))
    register = service.registry.register_client
    codigo = register(email="dona@loja.com.br", razao_social="Farmácia A", telefone="11 5555-0000")
    at = datetime.now(UTC) - timedelta(days=OLD_DAYS)
    old = [replace(event, at=at) for event in conversation(GONE, SECRET, cliente_codigo=codigo)]
    service.commit(batch("o1", 1, old[:4]))
    service.tidy()
    service.commit(batch("o1", 5, old[4:]))
    service.commit(batch("o2", 1, conversation(new_id())))
    service.close()
    service = RecordService(KEPT, folder, db(folder))
    service.publish()  # then the recorder's own thread has nothing to do, and files stand still while they are copied
    return service, codigo


def db(folder: Path) -> Path:
    return folder / "registro.duckdb"


def sessions(folder: Path) -> int:
    with duckdb.connect(str(db(folder)), read_only=True) as con:
        tables = ("sessoes", "chamadas", "transcricoes", "interacoes", "sugestoes", "exibicoes")
        sql = " UNION ".join(f"SELECT sessao_id FROM fatos.{table}" for table in tables)
        return len(con.execute(sql).fetchall())


def is_held(folder: Path, secret: str) -> bool:
    return any(secret.encode() in path.read_bytes() for path in folder.rglob("*") if path.is_file())


def start_again(copy: Path, folder: Path) -> RecordService:
    """From a copy, under the name that the folder had: closed days are named by their whole path. Closed again."""
    shutil.rmtree(folder)
    shutil.copytree(copy, folder)
    service = RecordService(KEPT, folder, db(folder))
    service.answer_requests()
    service.close()
    return service


def test_a_purge_cut_short_anywhere_is_finished_by_the_next_start(watched: Copies, tmp_path: Path) -> None:
    folder = tmp_path / "dados"
    watched.modules = REMOVING | {"housekeeping", "archive", "publish"}
    service, _ = record(folder)
    with watched.armed():
        service.tidy()
    service.close()
    begun = [(copy / "gravador" / "por-terminar").exists() for copy in watched.taken]
    assert len(begun) > 15
    assert (begun[0], begun[-1]) == (False, False)
    for copy, marked in zip(watched.taken, begun, strict=True):
        start_again(copy, folder)
        after = marked or copy == watched.taken[-1]
        assert (sessions(folder), is_held(folder, SECRET)) == (1 if after else 2, not after), copy.name


def test_an_erasure_cut_short_anywhere_is_finished_by_the_next_start(watched: Copies, tmp_path: Path) -> None:
    folder = tmp_path / "dados"
    service, codigo = record(folder)
    [sealed] = [client.contact for client in RegistryLog(folder / "gravador" / "cadastro.jsonl").clients()]
    submit(folder / "gravador" / "pedidos", ErasureRequest(cliente_codigo=codigo))
    with watched.armed():
        service.answer_requests()
    service.close()
    assert len(watched.taken) > 10
    for copy in watched.taken:
        start_again(copy, folder)
        assert sessions(folder) == 1, copy.name
        assert not is_held(folder, SECRET), copy.name
        assert not is_held(folder, sealed), copy.name


def test_the_sealing_of_older_contacts_cut_short_anywhere_is_finished_by_the_next_start(
    watched: Copies, tmp_path: Path
) -> None:
    folder = tmp_path / "dados"
    leave_older_folder(folder)
    watched.modules = REMOVING | {"registry_store"}
    with watched.armed():
        service = RecordService(KEPT, folder, db(folder))
    service.close()
    assert len(watched.taken) > 10
    for copy in watched.taken:
        again = start_again(copy, folder)
        assert [counter.balcao_id for counter in again.registry.counters()] == ["b1"], copy.name
        assert not is_held(folder, EMAIL), copy.name
        assert not is_held(folder, TELEFONE), copy.name
        [client] = RegistryLog(folder / "gravador" / "cadastro.jsonl").clients()
        assert client.contact, copy.name
