"""What ends a run, beside who started it."""

import threading
from pathlib import Path
from typing import Any

import pytest

from cli.output import CommandError
from cli.run import command
from deployments import local_ray
from deployments.cluster import Cluster


def test_a_run_whose_ray_lost_a_part_ends_with_a_sentence(monkeypatch: pytest.MonkeyPatch) -> None:
    edits: Any = None  # not looked at any more: the graph could not be told
    monkeypatch.setattr(command, "HEALTH_EVERY_S", 0.0)
    monkeypatch.setattr(local_ray, "lost_processes", lambda: ["gcs_server"])
    cluster = Cluster(1, Path("/nowhere"), "http://127.0.0.1:1", None)
    with pytest.raises(CommandError, match="Ray's gcs_server ended.*balto run"):
        command._watch(cluster, None, edits, threading.Event())
