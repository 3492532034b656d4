"""`balto run` in a process of its own, and what can be seen of it from outside."""

import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import TypeVar

from benchmarks.scale.processes import tree
from deployments.machine import free_port

T = TypeVar("T")

BALTO = str(Path(sys.executable).with_name("balto"))
READY_WITHIN_S = 150.0
STOPPED_WITHIN_S = 90.0
AGENTS_GONE_WITHIN_S = 60.0


@dataclass(slots=True)
class Service:
    folder: Path
    port: int
    process: subprocess.Popen[str]
    lines: list[str] = field(default_factory=list)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    @property
    def said(self) -> str:
        return "\n".join(self.lines)

    def read(self) -> None:
        assert self.process.stdout is not None
        self.lines.extend(line.rstrip() for line in self.process.stdout)

    def await_line(self, text: str) -> None:
        def told() -> bool:
            assert text in self.said or self.process.poll() is None, self.said
            return text in self.said

        assert until(told, READY_WITHIN_S), self.said


def until(found: Callable[[], T], within_s: float) -> T:
    """What `found` answers at last: the first that is something, or the one at the end of the time."""
    deadline_s = time.monotonic() + within_s
    while not (answer := found()) and time.monotonic() < deadline_s:
        time.sleep(0.1)  # other processes do what is waited for, and none of them tells this one
    return answer


def newcomer(folder: Path) -> dict[str, str]:
    """The environment of someone who has set nothing."""
    return {"PATH": os.environ["PATH"], "HOME": str(folder), "LANG": "C.UTF-8", "BALTO_DATA_DIR": str(folder / "dados")}


def processes_of(folder: Path) -> list[str]:
    """Whatever still runs of a service: each of its processes was told its data folder."""
    marker = f"BALTO_DATA_DIR={folder / 'dados'}".encode()
    found = []
    for process in Path("/proc").glob("[0-9]*"):
        try:
            if marker in (process / "environ").read_bytes().split(b"\0"):
                found.append(command_of(process))
        except OSError:
            continue  # it ended, or is another user's
    return found


def command_of(process: Path) -> str:
    return (process / "cmdline").read_bytes().replace(b"\0", b" ").decode("utf-8", "replace")


def pids_of(name: str, root: int) -> list[int]:
    """The processes, among those under `root`, that have `name` in their command."""
    found = []
    for pid in tree(root):
        with suppress(OSError):  # it ended meanwhile
            if name in command_of(Path("/proc") / str(pid)):
                found.append(pid)
    return found


def starters_of(name: str, root: int) -> set[str]:
    """The commands of those that started them."""
    found = set()
    for pid in pids_of(name, root):
        with suppress(OSError):
            starter = (Path("/proc") / str(pid) / "stat").read_text().rpartition(")")[2].split()[1]
            found.add(command_of(Path("/proc") / starter))
    return found


def await_no_process(folder: Path) -> list[str]:
    """What is still there after a while: Ray's agents, told to end in the midst of their own start, end after it."""
    until(lambda: not processes_of(folder), AGENTS_GONE_WITHIN_S)
    return processes_of(folder)


@contextmanager
def balto_run(folder: Path) -> Iterator[Service]:
    """In `folder`, on a port of its own; ended at the latest with the test, whatever became of it."""
    port = free_port()
    process = subprocess.Popen(
        [BALTO, "run", "--port", str(port)],
        cwd=folder,
        env=newcomer(folder),
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        start_new_session=True,
    )
    service = Service(folder, port, process)
    reader = threading.Thread(target=service.read, daemon=True)
    reader.start()
    try:
        yield service
        if process.poll() is None:
            process.send_signal(signal.SIGINT)
            process.wait(STOPPED_WITHIN_S)
    finally:
        process.kill()
        process.wait()
        reader.join(10)
        assert process.stdout is not None
        process.stdout.close()
