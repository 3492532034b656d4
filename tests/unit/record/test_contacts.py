"""A client's e-mail and telephone: sealed wherever they are written, older files' too, and erased with the client."""

import json
import os
import shutil
import zlib
from collections.abc import Callable, Sequence
from pathlib import Path

import duckdb
import pytest
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from pipeline.record.contacts import Contact, ContactSeal
from pipeline.record.erasure import ErasureRequest
from pipeline.record.errors import CommitFailed, ErasureError
from pipeline.record.migrations import migrate, migrations
from pipeline.record.registry_log import RegistryLog
from pipeline.record.service import RecordService
from tests.unit.record.conftest import SETTINGS, batch, conversation, holding, published

Open = Callable[..., RecordService]

CODIGO, EMAIL, TELEFONE = "123456", "dona.maria@loja.com.br", "(11) 97777-6666"
KEY = b"k" * 32
AT = "2026-11-20T12:00:00Z"


def seal() -> ContactSeal:
    return ContactSeal(AESGCM(KEY))


def in_the_clear(data_dir: Path) -> list[Path]:
    return holding(data_dir, EMAIL.encode()) + holding(data_dir, TELEFONE.encode())


def sealed(data_dir: Path) -> dict[str, str]:
    """What the log has of each client."""
    log = RegistryLog(data_dir / "gravador" / "cadastro.jsonl")
    return {client.cliente_codigo: client.contact for client in log.clients()}


def line(seq: int, kind: str, **told: str) -> bytes:
    body = f"{seq} {kind} {json.dumps(told, ensure_ascii=False, separators=(',', ':'))}".encode()
    return b"%08x %b\n" % (zlib.crc32(body), body)


def older_log() -> Sequence[bytes]:
    client = {"cliente_codigo": CODIGO, "email": EMAIL, "razao_social": "Farmácia A", "telefone": TELEFONE, "at": AT}
    counter = {"balcao_id": "b1", "cliente_codigo": CODIGO, "nome_balcao": "B1", "key_sha256": "0" * 64, "at": AT}
    torn = line(3, "ClientRegistered", **client | {"cliente_codigo": "654321"})[:-30] + b"\n"
    return line(1, "ClientRegistered", **client), torn, line(2, "CounterRegistered", **counter)


@pytest.fixture
def older_folder(data_dir: Path) -> Path:
    leave_older_folder(data_dir)
    return data_dir


def leave_older_folder(data_dir: Path) -> None:
    """As a Balto left it that wrote contacts in the clear and was killed: some rows are only in the write-ahead log."""
    private = data_dir / "gravador"
    private.mkdir(parents=True, mode=0o700)
    (private / "cadastro.jsonl").write_bytes(b"".join(older_log()))
    (private / "privado.duckdb.danificado-20261120T120000-000").write_bytes(EMAIL.encode())
    (private / "privado.duckdb.novo").write_bytes(TELEFONE.encode())
    made = data_dir / "made.duckdb"
    con = duckdb.connect()
    con.execute("SET wal_autocheckpoint = '1TB'")
    con.execute(f"ATTACH '{made}' AS privado (STORAGE_VERSION 'v1.4.0')")
    con.execute("USE privado")
    migrate(con, "privado", migrations("private_")[:2])
    con.execute("CHECKPOINT privado")
    con.execute(f"INSERT INTO clientes VALUES ('{CODIGO}', '{EMAIL}', 'Farmácia A', '{TELEFONE}', '{AT}')")
    con.execute(f"INSERT INTO balcoes VALUES ('b1', '{CODIGO}', 'B1', '{'0' * 64}', '{AT}', NULL)")
    for suffix in ("", ".wal"):
        shutil.copyfile(f"{made}{suffix}", f"{private / 'privado.duckdb'}{suffix}")
    con.close()
    made.unlink()


def test_a_contact_is_in_no_file_in_the_clear(open_service: Open, data_dir: Path) -> None:
    service = open_service()
    service.registry.register_client(email=EMAIL, razao_social="Farmácia A", telefone=TELEFONE)
    service.publish()
    assert in_the_clear(data_dir) == []
    service.close()
    assert in_the_clear(data_dir) == []


def test_an_older_folder_s_contacts_are_sealed_at_the_start(open_service: Open, older_folder: Path) -> None:
    assert len({path.name for path in in_the_clear(older_folder)}) == 4
    service = open_service()
    assert in_the_clear(older_folder) == []
    assert [counter.balcao_id for counter in service.registry.counters()] == ["b1"]
    service.close()
    assert in_the_clear(older_folder) == []
    key = AESGCM((older_folder / "gravador" / "chave-mestra").read_bytes())
    assert ContactSeal(key).open(CODIGO, sealed(older_folder)[CODIGO]) == Contact(EMAIL, TELEFONE)


def test_an_older_log_alone_rebuilds_the_registry_and_is_sealed(open_service: Open, older_folder: Path) -> None:
    for path in (older_folder / "gravador").glob("privado.duckdb*"):
        path.unlink()
    service = open_service()
    assert [counter.balcao_id for counter in service.registry.counters()] == ["b1"]
    service.close()
    assert in_the_clear(older_folder) == []


def test_a_start_without_the_chain_s_settings_seals_nothing(older_folder: Path) -> None:
    """It may not have the master key that the chain's next start will open them with."""
    RecordService(SETTINGS, older_folder, older_folder / "registro.duckdb", serving=False).close()
    assert len({path.name for path in in_the_clear(older_folder)}) >= 2


def test_a_seal_opens_for_its_client_and_its_key_only() -> None:
    sealed = seal().close(CODIGO, Contact(EMAIL, TELEFONE))
    assert seal().open(CODIGO, sealed) == Contact(EMAIL, TELEFONE)
    assert seal().open("654321", sealed) is None
    assert ContactSeal(AESGCM(b"x" * 32)).open(CODIGO, sealed) is None
    assert seal().open(CODIGO, "no base64 at all") is None


def test_the_log_keeps_the_order_and_loses_only_what_nobody_can_read(tmp_path: Path) -> None:
    path = tmp_path / "cadastro.jsonl"
    path.write_bytes(b"".join(older_log()))
    log = RegistryLog(path)
    assert log.has_clear_contacts()
    log.seal_contacts(seal().close)
    assert [type(event).__name__ for event in log.events()] == ["ClientRegistered", "CounterRegistered"]
    assert path.stat().st_mode & 0o777 == 0o600
    assert not log.has_clear_contacts()


def test_an_event_of_the_registry_is_logged_whole_or_not_at_all(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "cadastro.jsonl"
    path.write_bytes(older_log()[2])
    log, whole = RegistryLog(path), os.write
    [event] = log.events()
    with monkeypatch.context() as full:
        full.setattr("pipeline.record.registry_log.os.write", lambda fd, data: whole(fd, data[:10]))
        with pytest.raises(CommitFailed, match="free space"):
            log.append(event)
    log.append(event)
    assert log.events() == [event, event]


def test_contacts_do_not_reach_the_facts(open_service: Open, data_dir: Path) -> None:
    service = open_service(publish_texts=True)
    codigo = service.registry.register_client(email=EMAIL, razao_social="Farmácia A", telefone=TELEFONE)
    service.commit(batch("o1", 1, conversation("s1")))
    service.close()
    assert data_dir / "registro.duckdb" not in holding(data_dir, sealed(data_dir)[codigo].encode())


def test_erasing_a_client_takes_its_contact_and_its_sessions(open_service: Open, data_dir: Path) -> None:
    service = open_service()
    register = service.registry.register_client
    codigo, other = (register(email=EMAIL, razao_social="Farmácia A", telefone=TELEFONE) for _ in range(2))
    [key, kept] = (service.registry.register_counter(nome_balcao="B1", cliente_codigo=c)[1] for c in (codigo, other))
    before = sealed(data_dir)
    service.commit(batch("o1", 1, conversation("s1", cliente_codigo=codigo)))
    service.commit(batch("o2", 1, conversation("s2", cliente_codigo=other)))
    receipt = service.erase(ErasureRequest(cliente_codigo=codigo))
    assert (receipt.sessions, receipt.contacts_erased, receipt.left) == (1, 1, 0)
    assert receipt.rows_erased == 7
    assert sealed(data_dir) == {codigo: "", other: before[other]}
    assert holding(data_dir, before[codigo].encode()) == []
    assert service.registry.authenticate(key) is not None
    assert service.registry.authenticate(kept) is not None
    service.close()
    told = published(data_dir, "SELECT escopo, sessoes, fatos_eliminados FROM analise.eliminacoes")
    assert told == [("cliente", 1, 7)]


def test_a_client_without_sessions_is_erased_and_told(open_service: Open, data_dir: Path) -> None:
    service = open_service()
    codigo = service.registry.register_client(email=EMAIL, razao_social="Farmácia A", telefone=TELEFONE)
    for erased in (1, 0):
        receipt = service.erase(ErasureRequest(cliente_codigo=codigo))
        assert (receipt.sessions, receipt.contacts_erased, receipt.left) == (0, erased, 0)
    with pytest.raises(ErasureError, match="no client 000000"):
        service.erase(ErasureRequest(cliente_codigo="000000"))
    service.close()
    assert published(data_dir, "SELECT escopo, sessoes FROM analise.eliminacoes") == [("cliente", 0)]
