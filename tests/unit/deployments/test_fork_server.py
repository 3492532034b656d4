"""A real fork server, with nothing to import and a script for a worker."""

import json
import os
import select
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from deployments import forking
from deployments.forking import ForkServer, start_fork_server

ROOT = Path(__file__).parents[3]
QUICK = "from deployments import fork_server; fork_server.prepare = lambda: None; fork_server.main()"
SCRIPT = """
import json, os, signal, sys
print(json.dumps({
    "arguments": sys.argv, "folder": os.getcwd(), "mine": os.environ["MINE"], "server_only": "RAY_JOB_ID" in os.environ,
    "parent": os.getppid(), "leads_its_group": os.getpgrp() == os.getpid(),
    "waits_for_children": signal.getsignal(signal.SIGCHLD) is signal.SIG_DFL, "input": sys.stdin.read(),
}))
"""
WITHIN_S = 20


@pytest.fixture
def raylet() -> Iterator["subprocess.Popen[bytes]"]:
    """Something that lives for as long as a raylet would."""
    with subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE) as process:
        yield process
        process.kill()


@pytest.fixture
def server(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[ForkServer]:
    monkeypatch.setattr(forking, "SERVER", ["-c", QUICK])
    monkeypatch.chdir(ROOT)
    server = ForkServer(tmp_path)
    yield server
    server.close()


def ask(server: ForkServer, raylet_pid: int, folder: Path, said: str = "") -> dict[str, object]:
    """What the forked script says of itself."""
    script = folder / "worker.py"
    script.write_text(SCRIPT, encoding="utf-8")
    asked = subprocess.run(
        [sys.executable, *server.client, "setup_worker.py", str(script), "--own=1", "--language=PYTHON"],
        input=said,
        capture_output=True,
        env={"MINE": "yes", "RAY_RAYLET_PID": str(raylet_pid)},
        cwd=folder,
        text=True,
        timeout=WITHIN_S,
        check=True,
    )
    assert asked.stderr == ""
    told: dict[str, object] = json.loads(asked.stdout)
    return told


def test_a_fork_is_what_the_client_would_have_become(
    server: ForkServer, raylet: "subprocess.Popen[bytes]", tmp_path: Path
) -> None:
    for said in ("first", "second"):
        told = ask(server, raylet.pid, tmp_path, said)
        assert told == {
            "arguments": [str(tmp_path / "worker.py"), "--own=1"],
            "folder": str(tmp_path),
            "mine": "yes",
            "server_only": False,
            "parent": server.pid,
            "leads_its_group": True,
            "waits_for_children": True,
            "input": said,
        }


def test_the_server_ends_when_its_raylet_does(
    server: ForkServer, raylet: "subprocess.Popen[bytes]", tmp_path: Path
) -> None:
    ask(server, raylet.pid, tmp_path)
    ended = os.pidfd_open(server.pid)
    raylet.kill()
    assert select.select([ended], [], [], WITHIN_S)[0] == [ended]
    os.close(ended)


def test_the_server_ends_with_its_owner(server: ForkServer) -> None:
    server.close()
    with pytest.raises(ProcessLookupError):
        os.kill(server.pid, 0)


def test_another_version_of_ray_starts_its_workers_itself(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(forking, "version", lambda package: "2.61.0")
    assert start_fork_server(tmp_path) is None
    assert list(tmp_path.iterdir()) == []
