"""Forks of one process draw ids of their own, unless the process has drawn some itself. Each in a fresh interpreter."""

import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[3]
ACTOR = "import ray; ray.remote(type('Actor', (), {}))"
ASK = "print(fork_ids.forks_draw_their_own())"


@pytest.mark.parametrize(
    ("defined", "own"),
    [
        (f"with fork_ids.generator_unused():\n    {ACTOR}", "True"),
        (ACTOR, "False"),
    ],
    ids=["an actor's class defined with the generator unused", "one defined as Ray does"],
)
def test_forks_draw_their_own_ids_while_the_generator_is_unused(defined: str, own: str) -> None:
    script = f"from deployments import fork_ids\n{defined}\n{ASK}"
    told = subprocess.run([sys.executable, "-c", script], cwd=ROOT, capture_output=True, text=True, check=True)
    assert told.stdout.strip() == own
