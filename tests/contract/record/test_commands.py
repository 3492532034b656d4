"""The commands as people type them."""

import io
import os
import re
import subprocess
import sys
from pathlib import Path

import pyarrow as pa
import pytest
import yaml

from configs.record import RecordSettings
from pipeline.ids import new_id
from pipeline.record.service import RecordService
from tests.unit.record.conftest import batch, conversation

ROOT = Path(__file__).parents[3]


def balto(
    *arguments: str, folder: Path, fails: bool = False, answer: bytes = b""
) -> subprocess.CompletedProcess[bytes]:
    environment = os.environ | {"BALTO_DATA_DIR": str(folder), "DB_FILE": str(folder / "registro.duckdb")}
    command = [sys.executable, "-c", "from cli.main import main; main()", *arguments]
    done = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, timeout=120, input=answer)
    assert (done.returncode != 0) == fails, done.stderr.decode()
    return done


def test_query_as_table_csv_and_arrow(published_dir: Path) -> None:
    sql = "SELECT produto, sintomas, interacao_id FROM analise.interacoes"
    assert b"Dipirona 500 mg" in balto("query", sql, folder=published_dir).stdout
    lines = balto("query", sql, "--csv", folder=published_dir).stdout.splitlines()
    assert lines[0] == b'"produto","sintomas","interacao_id"'
    assert len(lines) == 4
    table = pa.ipc.open_stream(io.BytesIO(balto("query", sql, "--arrow", folder=published_dir).stdout)).read_all()
    assert table["sintomas"].to_pylist() == [["dor_de_cabeca"]] * 3


def test_duckdb_s_own_types_are_text_and_names_may_repeat(published_dir: Path) -> None:
    sql = "SELECT INTERVAL 1 DAY AS a, uuid() IS NULL AS b, 1 AS b, [UUID '00000000-0000-0000-0000-000000000001'] AS c"
    lines = balto("query", sql, "--csv", folder=published_dir).stdout.splitlines()
    assert lines == [b'"a","b","b","c"', b'"1 day",false,1,"[00000000-0000-0000-0000-000000000001]"']


def test_bytes_are_written_as_duckdb_writes_them(published_dir: Path) -> None:
    sql = r"SELECT '\xAAb\x5C'::BLOB AS a, a::VARCHAR AS b, NULL::BLOB AS c"
    lines = balto("query", sql, "--csv", folder=published_dir).stdout.splitlines()
    assert lines == [b'"a","b","c"', rb'"\xAAb\x5C","\xAAb\x5C",']


@pytest.mark.parametrize("form", [[], ["--csv"]])
def test_a_date_that_python_has_not_is_a_clear_error(published_dir: Path, form: list[str]) -> None:
    said = balto("query", "SELECT [DATE 'infinity'] AS a", *form, folder=published_dir, fails=True).stderr.decode()
    assert "ask for it as text" in said
    assert "Traceback" not in said


def test_rows_too_wide_for_the_terminal_are_shown_one_under_the_other(published_dir: Path) -> None:
    shown = balto("query", "FROM analise.interacoes", folder=published_dir).stdout.decode()
    assert shown.count("Dipirona 500 mg") == 3
    assert [line.strip() for line in shown.splitlines() if "row" in line] == ["row 1", "row 2", "row 3", "3 rows"]


@pytest.mark.parametrize("columns", [1, 30])
def test_brackets_in_names_and_values_are_shown_and_no_markup(published_dir: Path, columns: int) -> None:
    values = ", ".join(["'[/] [generico] :pill:' AS \"[b]nome[/b]\"", *["1 AS x"] * (columns - 1)])
    shown = balto("query", f"SELECT {values}", folder=published_dir).stdout.decode()
    assert "[/] [generico] :pill:" in shown
    assert "[b]nome[/b]" in shown


def test_a_wide_result_without_rows_still_names_its_columns(published_dir: Path) -> None:
    shown = balto("query", "FROM analise.interacoes WHERE false", folder=published_dir).stdout.decode()
    assert "interacao_id" in shown
    assert "proprio_ms" in shown
    assert "0 rows" in shown


def test_a_file_that_is_being_written_is_no_file_to_ask(tmp_path: Path) -> None:
    service = RecordService(RecordSettings(), tmp_path, tmp_path / "registro.duckdb")
    own = tmp_path / "gravador" / "quente.duckdb"
    done = balto("query", "SELECT 1", "--db", str(own), folder=tmp_path, fails=True)
    service.close()
    assert b"ask the published file" in done.stderr.replace(b"\n", b" ")


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["query", "SELEC 1"], b"syntax error"),
        (["query", " "], b"ask one query"),
        (["query", "SELECT 1; SELECT 2"], b"ask one query"),
        (["query", "SELECT 1", "--server", "localhost:8765"], b"must begin with http:// or https://"),
        (["query", "SELECT 1", "--csv", "--arrow"], b"choose one"),
        (["query", "SELECT 1", "--db", "/nowhere/x.duckdb"], b"does not exist yet"),
        (["query", "SELECT 1", "--server", "http://127.0.0.1:1", "--key", "k"], b"did not answer"),
        (["report", "--since", "2026-02-01", "--until", "2026-01-01"], b"is after"),
        (["erase", "--yes"], b"exactly one"),
        (["erase", "--yes", "--session", "nunca-houve"], b"no session nunca-houve in the record"),
        (["erase", "--yes", "--counter", "nunca-houve"], b"no session of the counter nunca-houve"),
        (["erase", "--yes", "--client", "000000"], b"no client 000000 in the record"),
        (["contacts"], b"no client was registered"),
    ],
)
def test_mistakes_are_told_in_a_sentence(published_dir: Path, arguments: list[str], said: bytes) -> None:
    done = balto(*arguments, folder=published_dir, fails=True)
    assert said in done.stderr.replace(b"\n", b" ")
    assert b"Traceback" not in done.stderr


def test_report_page_and_picture(published_dir: Path, tmp_path: Path) -> None:
    balto("report", "--to", str(tmp_path / "r.html"), folder=published_dir)
    html = (tmp_path / "r.html").read_text(encoding="utf-8")
    assert "Dipirona 500 mg" in html
    assert re.search(r"dados publicados em \d\d/\d\d/\d{4} \d\d:\d\d UTC<", html)
    balto("report", "--to", str(tmp_path / "r.png"), folder=published_dir)
    assert (tmp_path / "r.png").read_bytes().startswith(b"\x89PNG")


def test_a_report_of_nothing_says_so(published_dir: Path, tmp_path: Path) -> None:
    days = ("--since", "1999-01-01", "--until", "1999-01-31")
    done = balto("report", *days, "--to", str(tmp_path / "r.html"), folder=published_dir)
    assert b"nothing was recorded from 1999-01-01 to 1999-01-31" in done.stdout


def test_erase_while_the_service_runs_and_when_it_does_not(tmp_path: Path) -> None:
    first, second = new_id(), new_id()
    service = RecordService(RecordSettings(), tmp_path, tmp_path / "registro.duckdb")
    service.commit(batch("o1", 1, [*conversation(first), *conversation(second)]))
    done = balto("erase", "--session", first, "--yes", folder=tmp_path)
    assert b"0 rows and 0 keys" in done.stdout
    assert service.texts_of(first) == []
    service.close()
    balto("erase", "--session", second, "--yes", folder=tmp_path)
    done = balto("erase", "--session", second, "--yes", folder=tmp_path)
    assert b"nothing was left to erase: it was erased before" in done.stdout
    out = balto("query", "SELECT count(*) AS n FROM analise.interacoes", "--csv", folder=tmp_path).stdout
    assert out == b'"n"\n0\n'
    done = balto("erase", "--before", "2020-01-01", "--yes", folder=tmp_path)
    assert b"nothing to erase" in done.stdout


@pytest.mark.parametrize("running", [True, False])
def test_before_it_asks_erase_says_what_would_go(tmp_path: Path, running: bool) -> None:
    session_id = new_id()
    service = RecordService(RecordSettings(), tmp_path, tmp_path / "registro.duckdb")
    service.commit(batch("o1", 1, [*conversation(session_id), *conversation(new_id(), balcao_id="b2")]))
    if not running:
        service.close()
    unknown = balto("erase", "--session", new_id(), folder=tmp_path, fails=True)
    assert b"there is no session" in unknown.stderr
    assert b"cannot be undone" not in unknown.stdout
    refused = balto("erase", "--before", "2100-01-01", folder=tmp_path, fails=True, answer=b"n\n")
    assert b"2 sessions of 2 counters would go: 14 facts" in refused.stdout
    agreed = balto("erase", "--session", session_id, folder=tmp_path, answer=b"y\n")
    assert b"1 session of 1 counter would go: 7 facts" in agreed.stdout
    assert b"erased 1 session, 7 facts" in agreed.stdout
    again = balto("erase", "--session", session_id, folder=tmp_path)
    assert again.stdout.strip() == b"nothing was left to erase: it was erased before"
    if running:
        service.close()


def test_erasing_one_session_takes_back_no_text_of_another_s(tmp_path: Path) -> None:
    """The command does not read the chain's settings, its opt-in among them."""
    session_id = new_id()
    settings = RecordSettings(publish_texts=True)
    service = RecordService(settings, tmp_path, tmp_path / "registro.duckdb")
    service.commit(batch("o1", 1, [*conversation(session_id), *conversation(new_id())]))
    service.close()
    balto("erase", "--session", session_id, "--yes", folder=tmp_path)
    sql = "SELECT count(DISTINCT sessao_id) AS n FROM analise.textos"
    assert balto("query", sql, "--csv", folder=tmp_path).stdout == b'"n"\n1\n'


@pytest.mark.parametrize("running", [True, False])
def test_a_client_s_contact_is_shown_where_the_key_is_and_erased(tmp_path: Path, running: bool) -> None:
    data_dir, key = tmp_path / "dados", tmp_path / "chave"
    config = tmp_path / "serve_config.yaml"
    graph = {"import_path": "deployments.app:build_app", "args": {"record": {"master_key_file": str(key)}}}
    config.write_text(yaml.safe_dump({"applications": [{"name": "balto", **graph}]}), encoding="utf-8")
    service = RecordService(RecordSettings(master_key_file=key), data_dir, data_dir / "registro.duckdb")
    register = service.registry.register_client
    codigo = register(email="dona@loja.com.br", razao_social="Farmácia D'Ávila [x]", telefone="11 5555-0000")
    if not running:
        service.close()
    asked = ("contacts", "--config", str(config))
    shown = balto(*asked, folder=data_dir).stdout.decode()
    assert all(told in shown for told in (codigo, "Farmácia D'Ávila [x]", "dona@loja.com.br", "11 5555-0000"))
    assert b"there is no master key" in balto("contacts", folder=data_dir, fails=True).stderr
    erase = ("erase", "--client", codigo, "--config", str(config))
    agreed = balto(*erase, folder=data_dir, answer=b"y\n").stdout
    assert b"0 facts, 0 texts and keys, the e-mail and" in agreed
    assert b"nothing was left" in balto(*erase, folder=data_dir).stdout
    assert b"dona@" not in balto(*asked, folder=data_dir).stdout
    if running:
        service.close()
    assert not (data_dir / "gravador" / "chave-mestra").exists()
