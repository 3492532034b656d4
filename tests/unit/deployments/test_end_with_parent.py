"""A program that a "raylet" starts through the script ends with it, however that ends."""

import os
import select
import signal
import subprocess
import sys
from pathlib import Path

SCRIPT = Path(__file__).parents[3] / "deployments" / "end_with_parent.py"
RAYLET = """
import os, subprocess, sys
os.environ["RAY_RAYLET_PID"] = str(os.getpid())
program = [sys.executable, "-c", "import os; print(os.getpid(), flush=True); input()"]
subprocess.run([sys.executable, sys.argv[1], "RAY_RAYLET_PID", *program])
"""
WITHIN_S = 20


def test_it_ends_when_its_raylet_is_killed() -> None:
    raylet = subprocess.Popen(
        [sys.executable, "-c", RAYLET, str(SCRIPT)], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    )
    assert raylet.stdin is not None
    assert raylet.stdout is not None
    with raylet.stdin, raylet.stdout:
        ended = os.pidfd_open(int(raylet.stdout.readline()))
        raylet.send_signal(signal.SIGKILL)
        assert select.select([ended], [], [], WITHIN_S)[0] == [ended]
        os.close(ended)
        raylet.wait()


def test_it_does_not_begin_when_its_raylet_has_ended() -> None:
    environment = {"RAY_RAYLET_PID": "1"}
    began = subprocess.run(
        [sys.executable, SCRIPT, "RAY_RAYLET_PID", sys.executable, "-c", "print('began')"],
        env=environment,
        capture_output=True,
        check=True,
    )
    assert began.stdout == b""
