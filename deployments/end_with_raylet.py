"""Become another program, which the kernel ends when the raylet ends that started it.

    python end_with_raylet.py PROGRAM ARGUMENT…

Ray's agent for runtime environments looks for its raylet only once it has reached the cluster's store: when both are
gone before, it goes on trying for a minute.
"""

import ctypes
import os
import signal
import sys

PR_SET_PDEATHSIG = 1


def main(command: list[str]) -> None:
    ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGKILL)
    if os.getppid() == int(os.environ["RAY_RAYLET_PID"]):  # else it ended before
        os.execv(command[0], command)


if __name__ == "__main__":
    main(sys.argv[1:])
