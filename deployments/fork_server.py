"""The process that Ray's workers are forked from: it has imported what each of them needs, and does nothing else.

Ray starts each worker as an interpreter of its own, which imports Ray twice and Serve once: two seconds of CPU and
60 MB, for each of a dozen. A fork is there at once, and shares that memory as long as neither side writes to it.
Nothing here may start a thread or open a connection: forks would inherit half of it.

    python -m deployments.fork_server LISTENER      a socket's descriptor; the end of standard input ends the server
"""

import gc
import importlib
import os
import runpy
import select
import signal
import socket
import sys
from pathlib import Path

from deployments.fork_client import FORKED, STREAMS
from deployments.fork_request import Request, read_request

IMPORTED = (
    "ray._private.workers.default_worker",
    "ray.serve._private.controller",
    "ray.serve._private.replica",
    "deployments.pages",
    "deployments.gate",
    "deployments.direct_serving",
    "pipeline.transcription",
)
# What Ray's core keeps of the environment when it is imported, for as long as a process and its forks live.
KEPT = {
    "RAY_JOB_ID": "ffffffff",  # of no job: such a worker takes the job of the first task it gets
    "RAY_RAYLET_PID": str(os.getpid()),  # workers end when this process does; it ends when their raylet does
}
LEFT_OUT = "pandas"  # Serve imports it where it finds it, and it starts threads; no worker of a graph needs it
ONE_THREAD = {"OMP_NUM_THREADS": "1"}  # what Ray gives its workers; read when NumPy is imported


def main() -> None:
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)  # the system clears ended forks away
    gc.disable()
    os.environ |= KEPT | ONE_THREAD
    prepare()
    gc.freeze()  # a collection writes to everything it looks at, and what is written to is shared no longer
    with socket.socket(fileno=int(sys.argv[1])) as listener:
        request = next_fork(listener)
    if request is not None:
        become(request)


def prepare() -> None:
    """Import all of it. Raises RuntimeError where forks would not be sound."""
    from deployments.fork_ids import forks_draw_their_own, generator_unused  # Ray reads its environment with it

    sys.modules[LEFT_OUT] = None  # type: ignore[assignment]  # as if it were not installed
    with generator_unused():
        for module in IMPORTED:
            importlib.import_module(module)
    del sys.modules[LEFT_OUT]
    if len(os.listdir("/proc/self/task")) > 1:
        raise RuntimeError("a module has started a thread, which forks would lack: Ray starts its workers itself")
    if not forks_draw_their_own():
        raise RuntimeError("forked workers would draw the same random ids: Ray starts its workers itself")


def next_fork(listener: socket.socket) -> Request | None:
    """In the server None, once it has nothing left to serve; in each fork what it was asked for."""
    ends = [sys.stdin.fileno()]
    while True:
        ready, _, _ = select.select([listener, *ends], [], [])
        if any(end in ready for end in ends):
            return None
        connection, _ = listener.accept()
        with connection:
            request = read_request(connection)
            if request is None:
                continue
            if len(ends) == 1:
                ends.append(os.pidfd_open(int(request.environment["RAY_RAYLET_PID"])))
            if os.fork() == 0:
                for end in ends[1:]:
                    os.close(end)
                return request
            connection.send(FORKED)
            request.close()


def become(request: Request) -> None:
    """Run the worker's script as if this process had been started for it."""
    signal.signal(signal.SIGCHLD, signal.SIG_DFL)
    os.setpgrp()  # the raylet ends a worker with its group
    for own, stream in zip(STREAMS, request.streams, strict=True):
        os.dup2(stream, own)
    request.close()
    os.environ.clear()
    os.environ.update(request.environment)
    os.chdir(request.folder)
    sys.argv = request.arguments
    sys.path[0] = str(Path(sys.argv[0]).parent)
    gc.enable()
    runpy.run_path(sys.argv[0], run_name="__main__")


if __name__ == "__main__":
    main()
