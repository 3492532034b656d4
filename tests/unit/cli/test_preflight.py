import os
import socket
from pathlib import Path

import pytest

from cli.output import CommandError
from cli.run.preflight import check_folder, check_owner, check_port, check_published, check_shelves
from configs.recommendation import RecommendationSettings
from pipeline.record.ownership import Ownership
from pipeline.record.places import Places


def test_a_port_in_use_is_named() -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        with pytest.raises(CommandError, match=f"port {port} is in use: .*--port or PORT"):
            check_port("127.0.0.1", port)
    check_port("127.0.0.1", port)


def test_a_folder_is_made(tmp_path: Path) -> None:
    check_folder(tmp_path / "a" / "b", "BALTO_DATA_DIR")
    assert (tmp_path / "a" / "b").is_dir()


def test_a_folder_in_place_of_which_there_is_a_file_is_named(tmp_path: Path) -> None:
    (tmp_path / "dados").write_text("")
    with pytest.raises(CommandError, match=r"dados cannot be written .*or set BALTO_DATA_DIR"):
        check_folder(tmp_path / "dados", "BALTO_DATA_DIR")


def test_an_unwritable_folder_is_named() -> None:
    with pytest.raises(CommandError, match=r"/proc/balto cannot be written \(.*or set BALTO_DATA_DIR"):
        check_folder(Path("/proc/balto"), "BALTO_DATA_DIR")  # not by root either


def test_a_data_folder_at_work_is_named_with_its_owner(tmp_path: Path) -> None:
    check_owner(tmp_path)
    places = Places(tmp_path)
    places.prepare()
    owner = Ownership(places.lock, wait_s=0)
    with pytest.raises(CommandError, match=rf"process {os.getpid()}\) owns .*set BALTO_DATA_DIR to another folder"):
        check_owner(tmp_path)
    owner.release()
    check_owner(tmp_path)


def test_a_published_database_in_place_of_another_file_is_named(tmp_path: Path) -> None:
    (tmp_path / "loja.duckdb").write_text("notas da loja")
    with pytest.raises(CommandError, match=r"loja\.duckdb is not a file that Balto published.*set DB_FILE"):
        check_published(tmp_path / "loja.duckdb", tmp_path / "dados")
    check_published(tmp_path / "novo.duckdb", tmp_path / "dados")


def test_an_unreadable_catalogue_is_named(tmp_path: Path) -> None:
    with pytest.raises(CommandError, match=r"none\.csv: .*No such file"):
        check_shelves(RecommendationSettings(catalogue=tmp_path / "none.csv"))


def test_a_broken_rule_file_is_named_with_its_line(tmp_path: Path) -> None:
    rules = tmp_path / "regras.yaml"
    rules.write_text("versao: 1\nregras: [\n", encoding="utf-8")
    with pytest.raises(CommandError, match=r"regras\.yaml:\d+: "):
        check_shelves(RecommendationSettings(rules=rules))
