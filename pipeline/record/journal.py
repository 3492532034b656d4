"""The last seconds of what the writer committed, as it came: enough to rebuild what damage takes from the hot file.

A plain append before each commit, never synced (the database is what is durable; this outlives a crash of the
process, not of the machine). Files from before the last publication are removed: the published copy has them.
"""

import errno
import os
import zlib
from collections.abc import Iterator
from pathlib import Path

from pipeline.record.batch import Batch


class Journal:
    def __init__(self, folder: Path) -> None:
        self._folder = folder
        numbers = [int(path.stem) for path in folder.glob("*.batches")]
        self._number = max(numbers, default=0)
        self._fd: int | None = None

    def append(self, batch: Batch) -> None:
        if self._fd is None:
            self._number += 1
            path = self._folder / f"{self._number:012d}.batches"
            self._fd = os.open(path, os.O_CREAT | os.O_APPEND | os.O_WRONLY | os.O_CLOEXEC, 0o600)
        checksum = zlib.crc32(batch.payload)
        head = f"{batch.origin} {batch.first_seq} {batch.last_seq} {len(batch.payload)} {checksum}\n"
        record = head.encode() + batch.payload
        end = os.fstat(self._fd).st_size
        try:
            if os.write(self._fd, record) < len(record):
                raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        except OSError:
            os.ftruncate(self._fd, end)  # half a record would hide those that follow
            raise

    def rotate(self) -> int:
        """Begin a new file with the next batch. Returns the last finished file's number, for `forget_upto`."""
        self.close()
        return self._number

    def forget_upto(self, number: int) -> None:
        for path in self._folder.glob("*.batches"):
            if int(path.stem) <= number:
                path.unlink(missing_ok=True)

    def close(self) -> None:
        if self._fd is not None:
            os.close(self._fd)
            self._fd = None

    def batches(self) -> Iterator[Batch]:
        """Everything kept, oldest first; what is damaged, and a torn end, are passed over."""
        for path in sorted(self._folder.glob("*.batches")):
            yield from _read(path)


def _read(path: Path) -> Iterator[Batch]:
    with path.open("rb") as file:
        while head := file.readline():
            try:
                origin, first, last, size, checksum = head.decode().split()
                payload = file.read(int(size))
                intact = zlib.crc32(payload) == int(checksum)
                batch = Batch(origin, int(first), int(last), payload)
            except ValueError:
                return  # where the next one begins is not known
            if intact:
                yield batch
