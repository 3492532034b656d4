"""Which workers may be forked, and what the client does where there is nobody to fork them."""

import os
import sys
from pathlib import Path

import pytest

from deployments import fork_client
from deployments.fork_client import asked, main, worker_arguments

WORKER = ["/ray/default_worker.py", "--node-id=7", "--gcs-address=127.0.0.1:1"]


def test_a_plain_worker_is_its_script_and_what_is_meant_for_it() -> None:
    command = ["/ray/setup_worker.py", *WORKER, "--language=PYTHON", "--serialized-runtime-env-context={}"]
    assert worker_arguments(command) == WORKER
    assert worker_arguments(["/ray/setup_worker.py", *WORKER]) == WORKER


@pytest.mark.parametrize(
    "command",
    [
        ["/ray/setup_worker.py", *WORKER, '--serialized-runtime-env-context={"env_vars": {"A": "1"}}'],
        ["/ray/setup_worker.py", "-s", *WORKER],
        ["/ray/setup_worker.py"],
    ],
    ids=["a runtime environment", "a flag for the interpreter", "nothing"],
)
def test_one_that_needs_more_than_a_start_is_left_to_ray(command: list[str]) -> None:
    assert worker_arguments(command) is None


def test_without_a_server_nothing_is_forked(tmp_path: Path) -> None:
    assert not asked(str(tmp_path / "nobody.sock"), WORKER)


def test_what_is_not_forked_starts_as_ray_starts_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    became: list[tuple[str, list[str]]] = []
    monkeypatch.setattr(os, "execv", lambda program, arguments: became.append((program, arguments)))
    command = ["/ray/setup_worker.py", *WORKER]

    main(str(tmp_path / "nobody.sock"), command)
    assert became == [(sys.executable, [sys.executable, *command])]

    monkeypatch.setattr(fork_client, "asked", lambda address, worker: True)
    main(str(tmp_path / "somebody.sock"), command)
    assert len(became) == 1
