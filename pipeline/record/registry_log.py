"""Registry events as lines on disk, synced: the second copy, for when the private file is damaged."""

import errno
import json
import os
import threading
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

from pipeline.events import ClientRegistered, CounterRegistered, CounterRevoked
from pipeline.record.contacts import Contact
from pipeline.record.errors import CommitFailed
from pipeline.record.registry import RegistryEvent
from pipeline.record.segment import sync_folder
from pipeline.record.wire import Sequenced, decode_line, encode

_IN_THE_CLEAR = b'"email"'
_KINDS = (ClientRegistered, CounterRegistered, CounterRevoked)


class RegistryLog:
    """Thread-safe. Raises CommitFailed when it cannot be written."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._guard = threading.Lock()

    def append(self, event: RegistryEvent) -> None:
        with self._guard:
            _append(self._path, encode(int(datetime.now(UTC).timestamp() * 1e6), event))

    def events(self) -> list[RegistryEvent]:
        found = [decode_line(line) for line in self._lines()]
        return [item.event for item in found if item is not None and isinstance(item.event, _KINDS)]

    def clients(self) -> list[ClientRegistered]:
        return [event for event in self.events() if isinstance(event, ClientRegistered)]

    def has_clear_contacts(self) -> bool:
        """An earlier version wrote some."""
        return any(_IN_THE_CLEAR in line for line in self._lines())

    def seal_contacts(self, close: Callable[[str, Contact], str]) -> None:
        """Seal those that are in the clear."""
        self._rewrite(lambda line, found: _sealed(line, found, close))

    def forget_contact(self, cliente_codigo: str) -> None:
        self._rewrite(lambda line, found: _without_contact(line, found, cliente_codigo))

    def _lines(self) -> list[bytes]:
        return self._path.read_bytes().splitlines() if self._path.exists() else []

    def _rewrite(self, change: Callable[[bytes, Sequenced], bytes]) -> None:
        """Into a new file that takes the old one's place whole; a line that nobody can read is left out."""
        fresh = self._path.with_name(f"{self._path.name}.novo")
        with self._guard:
            read = [(line + b"\n", decode_line(line)) for line in self._lines()]
            fresh.unlink(missing_ok=True)
            _append(fresh, b"".join(change(line, found) for line, found in read if found is not None))
            fresh.rename(self._path)
            sync_folder(self._path.parent)


def _append(path: Path, data: bytes) -> None:
    """Whole or not at all: half a line would take the next one with it."""
    try:
        fd = os.open(path, os.O_CREAT | os.O_APPEND | os.O_WRONLY | os.O_CLOEXEC, 0o600)
        try:
            end = os.fstat(fd).st_size
            if os.write(fd, data) < len(data):
                os.ftruncate(fd, end)
                raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
            os.fsync(fd)
        finally:
            os.close(fd)
    except OSError as error:
        raise CommitFailed(f"the registry cannot be written in {path} ({error.strerror}); free space") from None


def _sealed(line: bytes, found: Sequenced, close: Callable[[str, Contact], str]) -> bytes:
    if not isinstance(found.event, ClientRegistered) or _IN_THE_CLEAR not in line:
        return line
    told = json.loads(line.split(b" ", 3)[3])
    contact = Contact(told["email"], told["telefone"])
    return encode(found.seq, replace(found.event, contact=close(found.event.cliente_codigo, contact)))


def _without_contact(line: bytes, found: Sequenced, cliente_codigo: str) -> bytes:
    if not isinstance(found.event, ClientRegistered) or found.event.cliente_codigo != cliente_codigo:
        return line
    return encode(found.seq, replace(found.event, contact=""))
