"""The published copy: checkpoint, copy in a child process, sync, atomic rename.

The copy is made by a child because closing any handle to a DuckDB file drops the writer's lock on it. Commits go
on meanwhile: they reach only the write-ahead log, and nobody else checkpoints. The child writes a little at a time
and waits for the disk each time: a card waits for the same disk, and a whole file at once would keep it 30 ms.
"""

import os
import subprocess
import time
from collections.abc import Callable
from concurrent.futures import Future
from importlib.metadata import version
from pathlib import Path
from typing import Any, Protocol

import duckdb

from pipeline.record.errors import DataFolderError, RecordError
from pipeline.record.facts import Facts
from pipeline.record.journal import Journal
from pipeline.record.places import require_writable
from pipeline.record.segment import sync_folder
from pipeline.record.transaction import transaction

_COPY_TIMEOUT_S = 600


class PublishFailed(RecordError):
    """The copy was not made; the previous one stays."""


class _Thread(Protocol):
    def run(self, work: Callable[[], Any]) -> "Future[Any]": ...


class Publisher:
    """One at a time: call `publish` from one thread that is not the writer's."""

    def __init__(
        self, writer: _Thread, facts: Callable[[], Facts], source: Path, published_db: Path, journal: Journal,
        interval_s: float,
    ) -> None:  # fmt: skip
        self._writer = writer
        self._facts = facts
        self._source = source
        self._target = published_db
        # Left by whoever opened the published file to write and crashed: with it there, no reader can open the file.
        self._left_log = published_db.with_name(published_db.name + ".wal")
        self._journal = journal
        self._interval_s = interval_s
        self.last_cost_s = 0.0
        self.published = 0
        self._clones = True  # until the file system refuses
        self._check_target()

    def _check_target(self) -> None:
        try:
            self._target.parent.mkdir(parents=True, exist_ok=True)
            require_writable(self._target.parent)
            for left in self._target.parent.glob(f".{self._target.name}.*"):
                left.unlink()
            self._left_log.unlink(missing_ok=True)
        except OSError as error:
            raise DataFolderError(
                f"the published database's folder {self._target.parent} cannot be written ({error.strerror}); "
                "make it writable for this user or set DB_FILE to another path"
            ) from None

    def publish(self) -> float:
        """Publish what is committed now; returns the seconds it took. Raises PublishFailed."""
        began = time.monotonic()
        finished_journal: int = self._writer.run(self._checkpoint).result()
        self._copy()
        self._journal.forget_upto(finished_journal)
        self.published += 1
        self.last_cost_s = time.monotonic() - began
        return self.last_cost_s

    def _checkpoint(self) -> int:
        facts = self._facts()
        own = [facts.latest_at, self._interval_s, version("balto")]
        try:
            with transaction(facts.con):
                facts.con.execute("DELETE FROM bruto.publicacoes")
                facts.con.execute("INSERT INTO bruto.publicacoes VALUES (now(), ?, ?, ?)", own)
            facts.con.execute("CHECKPOINT registro")
        except duckdb.Error as error:
            raise PublishFailed(f"{self._target} was not refreshed ({error}); free space on the data volume") from None
        return self._journal.rotate()

    def _copy(self) -> None:
        temporary = self._target.with_name(f".{self._target.name}.{os.getpid()}")
        try:
            self._clones = self._clones and _clone(self._source, temporary)
            if not self._clones:
                _copy_gently(self._source, temporary)
            _sync_and_protect(temporary)
            self._left_log.unlink(missing_ok=True)
            temporary.rename(self._target)
            sync_folder(self._target.parent)
        except (OSError, subprocess.SubprocessError) as error:
            temporary.unlink(missing_ok=True)
            reason = getattr(error, "stderr", None) or error
            raise PublishFailed(f"{self._target} was not refreshed ({str(reason).strip()}); free space there") from None


def _clone(source: Path, target: Path) -> bool:
    """Share the blocks, where the file system can (XFS, Btrfs): no byte is written."""
    command = ["cp", "--reflink=always", "--", str(source), str(target)]
    return subprocess.run(command, capture_output=True, timeout=_COPY_TIMEOUT_S).returncode == 0


def _copy_gently(source: Path, target: Path) -> None:
    command = ["nice", "dd", f"if={source}", f"of={target}", "bs=1M", "oflag=dsync", "status=none"]
    subprocess.run(command, check=True, capture_output=True, text=True, timeout=_COPY_TIMEOUT_S)


def _sync_and_protect(path: Path) -> None:
    fd = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
    try:
        os.fsync(fd)
        os.fchmod(fd, 0o444)
    finally:
        os.close(fd)
