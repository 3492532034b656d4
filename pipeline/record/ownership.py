"""One recorder per data folder: a lock that the system releases when its process goes, however it goes."""

import fcntl
import os
import time
from contextlib import suppress
from pathlib import Path

from pipeline.record.errors import RecorderBusy

_POLL_S = 0.1
_PID_CHARS = 20


class Ownership:
    """Held from `__init__` to `release`. Raises RecorderBusy when another holds it for longer than `wait_s`."""

    def __init__(self, path: Path, wait_s: float) -> None:
        self._fd = os.open(path, os.O_CREAT | os.O_RDWR | os.O_CLOEXEC, 0o600)
        deadline = time.monotonic() + wait_s
        while not self._try_lock():
            if time.monotonic() >= deadline:
                owner = os.pread(self._fd, _PID_CHARS, 0).decode(errors="replace").strip() or "unknown"
                os.close(self._fd)
                raise RecorderBusy(
                    f"another recorder (process {owner}) owns {path.parent}: one data folder takes one recorder; "
                    "stop it or set BALTO_DATA_DIR to another folder"
                )
            time.sleep(_POLL_S)  # a lock waited for in the kernel has no limit; nothing else runs before it is had
        with suppress(OSError):  # the number is only for that message: a full disk costs it and no start
            os.pwrite(self._fd, f"{os.getpid():<{_PID_CHARS}}".encode(), 0)

    def _try_lock(self) -> bool:
        try:
            fcntl.flock(self._fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            return False
        return True

    def release(self) -> None:
        os.close(self._fd)
