"""Which of Ray's own processes are missed."""

from types import SimpleNamespace

import pytest
from ray._private import worker

from deployments.local_ray import lost_processes


def test_only_those_without_which_nothing_works_are_lost(monkeypatch: pytest.MonkeyPatch) -> None:
    dead = [("log_monitor", object()), ("gcs_server", object()), ("raylet", object())]
    monkeypatch.setattr(worker, "_global_node", SimpleNamespace(dead_processes=lambda: dead))
    assert lost_processes() == ["gcs_server", "raylet"]


def test_where_no_ray_was_started_none_is_lost(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(worker, "_global_node", None)
    assert lost_processes() == []
