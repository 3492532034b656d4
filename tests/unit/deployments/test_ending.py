"""Replicas as Serve and Python end them."""

import gc
from pathlib import Path

import pytest

from configs.record import RecordSettings
from deployments.ending import at_its_end
from deployments.recorder import RecorderReplica
from pipeline.record import service


class Replica:
    def __init__(self) -> None:
        self.ended = 0
        at_its_end(self, self._close)

    async def _close(self) -> None:
        self.ended += 1


async def test_serve_finds_what_ends_a_replica_and_python_does_not() -> None:
    replica = Replica()
    await replica.__del__()  # type: ignore[attr-defined]  # as Serve does
    assert replica.ended == 1
    assert not hasattr(Replica, "__del__")


def test_a_recorder_that_cannot_start_says_why_and_nothing_else(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """What it would complain of while it is collected is an error in this run of tests."""

    def refuse(*arguments: object) -> None:
        raise OSError("no room")

    monkeypatch.setattr(service, "RecordService", refuse)
    monkeypatch.setenv("BALTO_DATA_DIR", str(tmp_path))
    replica = RecorderReplica.__new__(RecorderReplica)  # as Serve makes one
    with pytest.raises(OSError, match="no room"):
        replica.__init__(RecordSettings())  # type: ignore[misc]
    assert not hasattr(replica, "__del__")
    del replica
    gc.collect()
