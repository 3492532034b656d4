"""One file of a spool: lines appended, synced when asked, removed or emptied when nobody needs them."""

import os
from collections.abc import Iterator
from pathlib import Path

from pipeline.record.errors import SpoolError
from pipeline.record.wire import line_seq

_SUFFIX = ".jsonl"


class Segment:
    """Appended to until it is full. Raises SpoolError."""

    def __init__(self, folder: Path, first_seq: int) -> None:
        self.path = path = folder / f"{first_seq:020d}{_SUFFIX}"
        self.size = 0
        self.last_seq = 0
        try:
            self._fd = os.open(path, os.O_CREAT | os.O_EXCL | os.O_WRONLY | os.O_CLOEXEC, 0o600)
        except OSError as error:
            raise SpoolError(f"cannot create {path}: {error.strerror}; check the volume's space and mode") from None
        self._named = False

    def write(self, data: bytes, last_seq: int) -> None:
        try:
            _write_all(self._fd, data)
        except OSError as error:
            self._cut(self.size)  # no torn line in the middle of the file
            raise SpoolError(f"cannot write {self.path}: {error.strerror}; free space on the volume") from None
        self.size += len(data)
        self.last_seq = last_seq

    def sync(self) -> None:
        try:
            os.fdatasync(self._fd)
            if not self._named:
                sync_folder(self.path.parent)
                self._named = True
        except OSError as error:
            raise SpoolError(f"cannot sync {self.path}: {error.strerror}; check the volume") from None

    def close(self) -> None:
        os.close(self._fd)

    def remove_if_before(self, seq: int) -> bool:
        if self.last_seq > seq:
            return False
        self.path.unlink(missing_ok=True)
        return True

    def empty_if_before(self, seq: int) -> None:
        """The same for the file still open, which is kept: its name is durable, a new one would have to be made so."""
        if self.size and self.last_seq <= seq:
            self._cut(0)
            self.size = 0

    def _cut(self, size: int) -> None:
        os.ftruncate(self._fd, size)
        os.lseek(self._fd, size, os.SEEK_SET)


def sync_folder(folder: Path) -> None:
    """Make the names in a folder durable."""
    fd = os.open(folder, os.O_RDONLY | os.O_CLOEXEC)
    try:
        os.fsync(fd)
    finally:
        os.close(fd)


def _write_all(fd: int, data: bytes) -> None:
    view = memoryview(data)
    while view:
        view = view[os.write(fd, view) :]


def lines_after(folder: Path, after_seq: int) -> Iterator[tuple[int, bytes]]:
    """(sequence, line) of the readable lines after `after_seq`, rising; damaged ones are passed over."""
    paths = sorted(folder.glob(f"*{_SUFFIX}"))
    for path, following in zip(paths, [*paths[1:], None], strict=True):
        if following is not None and int(following.stem) <= after_seq + 1:
            continue  # all of it was delivered
        with path.open("rb") as lines:
            for line in lines:
                seq = line_seq(line[:-1]) if line.endswith(b"\n") else None
                if seq is not None and seq > after_seq:
                    yield seq, line
                    after_seq = seq
