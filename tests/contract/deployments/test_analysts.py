"""POST /consulta, over a published file, with the real worker process."""

from collections.abc import Callable
from pathlib import Path

import pyarrow as pa
import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient
from pydantic import SecretStr

from configs.environment import Environment, Profile
from configs.record import RecordSettings
from deployments.analysts import add_query_route
from pipeline.record.service import RecordService

Make = Callable[..., TestClient]


@pytest.fixture
def make(tmp_path: Path) -> Make:
    service = RecordService(RecordSettings(), tmp_path, tmp_path / "registro.duckdb")
    service.publish()
    service.close()

    def client(profile: Profile = Profile.SANDBOX, key: str | None = None, **settings: float) -> TestClient:
        app = FastAPI()
        environment = Environment.model_construct(
            profile=profile, analyst_key=SecretStr(key) if key else None, data_dir=tmp_path, db_file=None
        )
        add_query_route(app, environment, RecordSettings(**settings))  # type: ignore[arg-type]
        return TestClient(app)

    return client


def test_the_result_comes_as_arrow_csv_or_json(make: Make) -> None:
    client = make()
    sql = "SELECT max(range) AS maior FROM range(1000)"
    arrow = client.post("/consulta", json={"sql": sql})
    assert pa.ipc.open_stream(arrow.content).read_all().to_pylist() == [{"maior": 999}]
    assert client.post("/consulta", json={"sql": sql, "formato": "csv"}).text.split() == ['"maior"', '"999"']
    assert client.post("/consulta", json={"sql": sql, "formato": "json"}).json() == {"maior": 999}


@pytest.mark.parametrize(
    "sql",
    [
        "SELECT * FROM nada",
        "SELECT 1; SELECT 2",
        "DROP VIEW analise.interacoes",
        "COPY analise.interacoes TO '/tmp/x.csv'",
        "SELECT * FROM read_text('/etc/passwd')",
        "ATTACH '/tmp/outro.duckdb'",
    ],
)
def test_what_a_query_may_not_do_is_refused_with_a_reason(make: Make, sql: str) -> None:
    answer = make().post("/consulta", json={"sql": sql})
    assert answer.status_code == 400
    assert answer.json()["detail"]


def test_a_query_that_takes_too_long_is_killed(make: Make) -> None:
    client = make(query_time_s=8)
    endless = "SELECT sum(a.range * b.range) FROM range(10000000) a, range(10000000) b"
    answer = client.post("/consulta", json={"sql": endless})
    assert answer.status_code == 408
    assert client.post("/consulta", json={"sql": "SELECT 1"}).status_code == 200


@pytest.mark.parametrize(("key", "sent", "status"), [(None, "k", 403), ("k", "x", 401), ("k", "k", 200)])
def test_outside_the_sandbox_an_analysts_key_is_needed(make: Make, key: str | None, sent: str, status: int) -> None:
    client = make(profile=Profile.LIVE, key=key)
    headers = {"Authorization": f"Bearer {sent}"}
    assert client.post("/consulta", json={"sql": "SELECT 1"}, headers=headers).status_code == status


@pytest.mark.parametrize(
    ("sent", "status", "said"),
    [
        (None, 401, "envie o cabeçalho Authorization: Bearer com o BALTO_ANALYST_KEY"),
        ("Basic k", 401, "envie o cabeçalho Authorization: Bearer com o BALTO_ANALYST_KEY"),
        ("Bearer x", 401, "chave errada: a enviada não é o BALTO_ANALYST_KEY deste servidor"),
        ("bearer k", 200, None),
        ("BEARER  k", 200, None),
    ],
)
def test_a_wrong_key_is_told_from_a_missing_header(make: Make, sent: str | None, status: int, said: str | None) -> None:
    client = make(profile=Profile.LIVE, key="k")
    headers = {"Authorization": sent} if sent else {}
    answer = client.post("/consulta", json={"sql": "SELECT 1"}, headers=headers)
    assert answer.status_code == status
    assert said is None or answer.json()["detail"] == said
