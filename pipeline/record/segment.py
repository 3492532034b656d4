"""One file of a spool: lines, then zeros; synced when asked, removed or emptied when nobody needs them."""

import os
from collections.abc import Iterator
from contextlib import suppress
from itertools import zip_longest
from pathlib import Path

from pipeline.record.errors import SpoolError
from pipeline.record.wire import line_seq

_SUFFIX = ".jsonl"
_LONGEST_LINE = 4 << 20


class Segment:
    """Appended to until it is full. Raises SpoolError.

    Its space is taken from the start and kept while it is used again: on a volume that others have filled, events go
    on being written until this much has gathered.
    """

    def __init__(self, folder: Path, first_seq: int, reserve_bytes: int) -> None:
        self.path = path = folder / f"{first_seq:020d}{_SUFFIX}"
        self.size = 0  # of the lines in it: the rest is zeros
        self.last_seq = 0
        try:
            self._fd = os.open(path, os.O_CREAT | os.O_EXCL | os.O_WRONLY | os.O_CLOEXEC, 0o600)
            _reserve(self._fd, reserve_bytes)
        except OSError as error:
            raise SpoolError(f"cannot create {path}: {error.strerror}; check the volume's space and mode") from None
        self._named = False

    def write(self, data: bytes, last_seq: int) -> None:
        try:
            _write_all(self._fd, data)
        except OSError as error:
            self._cut()  # no torn line in the middle of the file
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
        with suppress(OSError):  # the volume turned read-only, say: zeros at the end are passed over
            os.ftruncate(self._fd, self.size)
        os.close(self._fd)

    def remove_if_before(self, seq: int) -> bool:
        if self.last_seq > seq:
            return False
        self.path.unlink(missing_ok=True)
        return True

    def empty_if_before(self, seq: int) -> None:
        """The same for the file still open, which is used again: its name is durable and its space reserved.

        Zeros go over the lines where they are, so that their text is not left in blocks nobody owns.
        """
        if not self.size or self.last_seq > seq:
            return
        zeros, self.size = bytes(self.size), 0
        try:
            os.pwrite(self._fd, zeros, 0)
            os.lseek(self._fd, 0, os.SEEK_SET)
        except OSError:  # a file system that copies on write, and is full
            self._cut()

    def _cut(self) -> None:
        os.ftruncate(self._fd, self.size)
        os.lseek(self._fd, self.size, os.SEEK_SET)


def _reserve(fd: int, size: int) -> None:
    try:
        os.posix_fallocate(fd, 0, size)
    except OSError:  # less room than that, or a file system that cannot: what there is will do
        os.ftruncate(fd, 0)


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
    for path, following in zip_longest(paths, paths[1:]):
        if following is not None and int(following.stem) <= after_seq + 1:
            continue  # all of it was delivered
        with path.open("rb") as file:
            while (line := file.readline(_LONGEST_LINE)) and not line.startswith(b"\0"):
                seq = line_seq(line[:-1]) if line.endswith(b"\n") else None
                if seq is not None and seq > after_seq:
                    yield seq, line
                    after_seq = seq
