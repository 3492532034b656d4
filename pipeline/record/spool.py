"""Events on this machine's disk until the writer has committed them.

One folder per process (its *origin*), files of lines named by a sequence number that none of them is before. A file
goes, or is emptied to be used again, as soon as everything in it is acknowledged. An origin is never written to by a
second process: what a dead process left is read by a living one (`next_abandoned`) and delivered under the dead one's
name, so the ledger still applies.
"""

import fcntl
import os
import shutil
import threading
from collections import deque
from collections.abc import Iterator, Sequence
from pathlib import Path

from pipeline.events import Event
from pipeline.record.batch import Batch, pack
from pipeline.record.errors import SpoolError
from pipeline.record.segment import Segment, lines_after
from pipeline.record.wire import encode, take

_LOCK_NAME = "lock"


class Spool:
    """One process's spool. `append` may run on an event loop; `write`, `sync`, `read` and `acknowledge` touch the disk.

    Thread-safe. Sequence numbers start at 1 and rise by one per event.
    """

    def __init__(self, folder: Path, origin: str, *, segment_bytes: int = 8 << 20, cache_bytes: int = 16 << 20) -> None:
        self.root = folder
        self.origin = origin
        self.folder = folder / origin
        self.last_seq = 0  # appended
        self.written_seq = 0  # in a file
        self.acknowledged_seq = 0
        self._segment_bytes = segment_bytes
        self._cache_bytes = cache_bytes
        self._queue: deque[tuple[int, bytes]] = deque()  # appended, not yet in a file
        self._cache: deque[tuple[int, bytes]] = deque()  # in a file, kept to be delivered without reading it back
        self._cached = 0
        self._segment: Segment | None = None
        self._closed_segments: list[Segment] = []
        self._guard = threading.Lock()  # queue, cache, numbers
        self._disk = threading.Lock()  # files
        self._lock_fd = self._create()

    def _create(self) -> int:
        try:
            self.folder.mkdir(parents=True, mode=0o700, exist_ok=False)
            fd = os.open(self.folder / _LOCK_NAME, os.O_CREAT | os.O_RDWR | os.O_CLOEXEC, 0o600)
            fcntl.flock(fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except FileExistsError:
            raise SpoolError(f"a spool named {self.origin} exists in {self.root}: origins are used once") from None
        except OSError as error:
            raise SpoolError(f"cannot write the spool in {self.root}: {error.strerror}; check the volume") from None
        return fd

    @property
    def backlog(self) -> int:
        """Events appended and not yet in a file."""
        return len(self._queue)

    def append(self, events: Sequence[Event]) -> int:
        """Take events, in memory only, and return the last one's sequence number."""
        with self._guard:
            for event in events:
                self.last_seq += 1
                self._queue.append((self.last_seq, encode(self.last_seq, event)))
            return self.last_seq

    def write(self) -> int:
        """Put what was appended into the file, safe from a crash of this process. Returns the last sequence written.

        Raises SpoolError; the events stay queued and a later call tries again.
        """
        with self._disk:
            return self._write()

    def _write(self) -> int:
        with self._guard:
            lines = list(self._queue)
        if not lines:
            return self.written_seq  # not `last_seq`: more may have been appended since
        segment = self._open_segment(lines[0][0])
        segment.write(b"".join(line for _, line in lines), lines[-1][0])
        with self._guard:
            for _ in lines:
                self._remember(self._queue.popleft())
            self.written_seq = lines[-1][0]
        return self.written_seq

    def _open_segment(self, first_seq: int) -> Segment:
        if self._segment is not None and self._segment.size >= self._segment_bytes:
            self._segment.sync()  # whoever waits for what is in it will sync the next one
            self._segment.close()
            self._closed_segments.append(self._segment)
            self._segment = None
        if self._segment is None:
            self._segment = Segment(self.folder, first_seq, self._segment_bytes)
        return self._segment

    def _remember(self, line: tuple[int, bytes]) -> None:
        self._cache.append(line)
        self._cached += len(line[1])
        while self._cached > self._cache_bytes:
            self._cached -= len(self._cache.popleft()[1])

    def sync(self) -> int:
        """Write and fsync: what was appended before this call survives a power cut. Returns the last such sequence."""
        with self._disk:
            written = self._write()
            if self._segment is not None:
                self._segment.sync()
            return written

    def read(self, after_seq: int, most_bytes: int) -> Batch | None:
        """The written events after `after_seq`, from memory or disk, or None when there are none.

        Not while another thread acknowledges: it may run beside the others.
        """
        lines = self._cached_lines(after_seq, most_bytes)
        if lines is None:
            lines = take(lines_after(self.folder, after_seq), most_bytes)
        return pack(self.origin, lines) if lines else None

    def _cached_lines(self, after_seq: int, most_bytes: int) -> list[tuple[int, bytes]] | None:
        """None when memory let go of what comes next."""
        with self._guard:
            if not self._cache or self._cache[-1][0] <= after_seq:
                return []
            if self._cache[0][0] > after_seq + 1:
                return None
            return take((line for line in self._cache if line[0] > after_seq), most_bytes)

    def acknowledge(self, seq: int) -> None:
        """Everything up to `seq` is committed elsewhere: let go of it."""
        with self._guard:
            self.acknowledged_seq = max(self.acknowledged_seq, seq)
            while self._cache and self._cache[0][0] <= seq:
                self._cached -= len(self._cache.popleft()[1])
        with self._disk:
            kept = [segment for segment in self._closed_segments if not segment.remove_if_before(seq)]
            self._closed_segments = kept
            if self._segment is not None:
                self._segment.empty_if_before(seq)

    def next_abandoned(self) -> "AbandonedSpool | None":
        """A spool whose process is gone, locked by this process until it is discarded or closed."""
        return next(abandoned(self.root, but=self.folder), None)

    def close(self) -> None:
        """Write what is queued and let go; an empty spool removes its folder, another is left to be taken over."""
        with self._disk:
            try:
                self._write()
                if self._segment is not None:
                    self._segment.sync()
            finally:
                if self._segment is not None:
                    self._segment.close()
                if self.acknowledged_seq >= self.last_seq:
                    shutil.rmtree(self.folder, ignore_errors=True)
                os.close(self._lock_fd)


class AbandonedSpool:
    """What a dead process left. Read with `read`, then `discard` or `close`."""

    def __init__(self, folder: Path, lock_fd: int) -> None:
        self.folder = folder
        self.origin = folder.name
        self._lock_fd = lock_fd

    @classmethod
    def claim(cls, folder: Path) -> "AbandonedSpool | None":
        """Lock a spool's folder, or None when its process lives or another one has claimed it."""
        try:
            fd = os.open(folder / _LOCK_NAME, os.O_RDWR | os.O_CLOEXEC)
        except OSError:
            return None  # being created, or just removed
        try:
            fcntl.flock(fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            os.close(fd)
            return None
        return cls(folder, fd)

    def read(self, after_seq: int, most_bytes: int) -> Batch | None:
        lines = take(lines_after(self.folder, after_seq), most_bytes)
        return pack(self.origin, lines) if lines else None

    def discard(self) -> None:
        """Everything in it was committed: remove it."""
        shutil.rmtree(self.folder, ignore_errors=True)
        os.close(self._lock_fd)

    def close(self) -> None:
        """Leave it for later."""
        os.close(self._lock_fd)


def abandoned(root: Path, *, but: Path | None = None) -> Iterator[AbandonedSpool]:
    """The spools in `root` whose process is gone, each locked as it is yielded."""
    for folder in sorted(root.iterdir()) if root.is_dir() else ():
        found = AbandonedSpool.claim(folder) if folder != but and folder.is_dir() else None
        if found is not None:
            yield found
