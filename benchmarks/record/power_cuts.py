"""Cut the power of the data folder's disk at random moments; then count what was acknowledged and what is there.

The folder is an ext4 file system of its own in a file, and a cut is the kernel's own shutdown of it: from that moment
on nothing reaches the disk, neither what was written and not synced nor the file system's unfinished journal. It is
mounted again as after a real cut. Not played: a disk that says it has written what it has not.

`python -m benchmarks.record.power_cuts --cuts 20` prints one line of JSON. Needs Linux, root and a loop device.
"""

import argparse
import fcntl
import json
import os
import random
import shutil
import signal
import struct
import subprocess
import tempfile
import time
from pathlib import Path

from benchmarks.record import kills

DISK_MB = 1024
_SHUTDOWN = 0x8004587D  # EXT4_IOC_SHUTDOWN, and FS_IOC_SHUTDOWN of other file systems
_WITHOUT_FLUSHING = struct.pack("I", 2)


class Disk:
    """An ext4 file system in a file, mounted on `folder`."""

    def __init__(self, image: Path, folder: Path) -> None:
        self.folder = folder
        self._image = image
        folder.mkdir()
        with image.open("wb") as file:
            os.posix_fallocate(file.fileno(), 0, DISK_MB << 20)
        subprocess.run(["mkfs.ext4", "-q", image], check=True)

    def mount(self) -> None:
        subprocess.run(["mount", "-o", "loop", self._image, self.folder], check=True)

    def cut(self) -> None:
        fd = os.open(self.folder, os.O_RDONLY)
        try:
            fcntl.ioctl(fd, _SHUTDOWN, _WITHOUT_FLUSHING)
        finally:
            os.close(fd)

    def unmount(self) -> None:
        subprocess.run(["umount", self.folder], check=True)


def stop(processes: list[subprocess.Popen[bytes]]) -> None:
    """As without power: no instruction more. What the kernel is at for them goes on, and nobody hears of it."""
    for process in processes:
        process.send_signal(signal.SIGSTOP)
    for process in processes:
        while _runs(process.pid):
            time.sleep(0)  # let it come to a stop


def _runs(pid: int) -> bool:
    """Whether a thread of it is neither stopped nor inside the kernel, waiting for the disk."""
    states = [path.read_text().rpartition(")")[2].split()[0] for path in Path(f"/proc/{pid}/task").glob("*/stat")]
    return any(state not in "TD" for state in states)


def run(cuts: int, folder: Path, *, seed: int = 1, producers: int = 2) -> dict[str, int]:
    """Keys: power_cuts, and those of `kills.count`. What was promised is noted on another disk, which stays."""
    chance = random.Random(seed)
    promises = folder / "promises"
    promises.mkdir()
    disk = Disk(folder / "disk.img", folder / "disk")
    for _ in range(cuts):
        disk.mount()
        processes = [kills.start(disk.folder, name, promises) for name in ("writer", *map(str, range(producers)))]
        try:
            kills.await_more_promises(promises)
            time.sleep(chance.uniform(0.0, 3.0))  # the moment of the cut is what is drawn by lot
            stop(processes)
            disk.cut()
        finally:
            for process in processes:
                process.kill()
                process.wait()
        disk.unmount()
    disk.mount()
    try:
        return {"power_cuts": cuts} | kills.count(disk.folder, promises)
    finally:
        disk.unmount()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--cuts", type=int, default=20)
    args = parser.parse_args()
    folder = Path(tempfile.mkdtemp(prefix="balto-cut-"))
    try:
        print(json.dumps(run(args.cuts, folder)))
    finally:
        shutil.rmtree(folder, ignore_errors=True)


if __name__ == "__main__":
    main()
