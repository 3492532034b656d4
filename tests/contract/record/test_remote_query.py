"""`balto query --server` against the real route, over HTTP on loopback."""

import io
import socket
import threading
from collections.abc import Iterator
from pathlib import Path

import pyarrow as pa
import pytest
import uvicorn
from fastapi import FastAPI
from pydantic import SecretStr

from configs.environment import Environment, Profile
from configs.record import RecordSettings
from deployments.analysts import add_query_route
from tests.contract.record.test_commands import balto

SQL = "SELECT produto, sintomas, interacao_id FROM analise.interacoes"


@pytest.fixture(scope="module")
def server(published_dir: Path) -> Iterator[str]:
    app = FastAPI()
    environment = Environment.model_construct(
        profile=Profile.LIVE, analyst_key=SecretStr("k"), data_dir=published_dir, db_file=None
    )
    add_query_route(app, environment, RecordSettings())
    listening = socket.create_server(("127.0.0.1", 0))  # who asks before the server is up waits in its queue
    running = uvicorn.Server(uvicorn.Config(app, ws="none", log_level="error"))
    serving = threading.Thread(target=running.run, kwargs={"sockets": [listening]})
    serving.start()
    yield f"http://127.0.0.1:{listening.getsockname()[1]}"
    running.should_exit = True
    serving.join()


def test_a_table_csv_and_arrow(server: str, tmp_path: Path) -> None:
    asked = ("query", SQL, "--server", server, "--key", "k")
    assert b"Dipirona 500 mg" in balto(*asked, folder=tmp_path).stdout
    lines = balto(*asked, "--csv", folder=tmp_path).stdout.splitlines()
    assert lines[0] == b'"produto","sintomas","interacao_id"'
    assert len(lines) == 4
    table = pa.ipc.open_stream(io.BytesIO(balto(*asked, "--arrow", folder=tmp_path).stdout)).read_all()
    assert table["sintomas"].to_pylist() == [["dor_de_cabeca"]] * 3
    assert table["interacao_id"].type == pa.string()


@pytest.mark.parametrize(
    ("sql", "key", "said"),
    [
        (SQL, "wrong", b"answered 401"),
        ("SELEC 1", "k", b"answered 400: Parser Error: syntax error"),
        ("SELECT 1; SELECT 2", "k", b"answered 400: send exactly one statement"),
        ("FROM read_text('/etc/passwd')", "k", b"answered 400"),
    ],
)
def test_a_refusal_is_told_in_a_sentence(server: str, tmp_path: Path, sql: str, key: str, said: bytes) -> None:
    done = balto("query", sql, "--server", server, "--key", key, folder=tmp_path, fails=True)
    assert said in done.stderr.replace(b"\n", b" ")
    assert b"Traceback" not in done.stderr
