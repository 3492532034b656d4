"""What Ray runs to have a worker: the fork server is asked for one, else the worker starts as Ray would start it.

    python fork_client.py SOCKET SETUP_WORKER WORKER ARGUMENT…      what follows SOCKET is Ray's own command

Run by its path, and imports nothing of Ray or Balto: some milliseconds are all it may cost.
"""

import json
import os
import socket
import sys

STREAMS = [0, 1, 2]  # standard input, output and error
LENGTH_BYTES = 8
LANGUAGE = "--language="
CONTEXT = "--serialized-runtime-env-context="
NOTHING_TO_SET_UP = (CONTEXT, CONTEXT + "{}")
FORKED = b"+"


def main(address: str, command: list[str]) -> None:
    worker = worker_arguments(command)
    if worker is None or not asked(address, worker):
        os.execv(sys.executable, [sys.executable, *command])


def worker_arguments(command: list[str]) -> list[str] | None:
    """The worker's script and arguments. None where `setup_worker.py`, the first of `command`, has more to do."""
    arguments = [argument for argument in command[1:] if argument not in NOTHING_TO_SET_UP]
    worker = [argument for argument in arguments if not argument.startswith(LANGUAGE)]
    if not worker or worker[0].startswith("-") or any(argument.startswith(CONTEXT) for argument in worker):
        return None
    return worker


def asked(address: str, worker: list[str]) -> bool:
    """Whether the fork server has made the worker, with this process's environment, folder and streams."""
    request = json.dumps({"arguments": worker, "environment": dict(os.environ), "folder": os.getcwd()}).encode()
    try:
        with socket.socket(socket.AF_UNIX) as server:
            server.connect(address)
            socket.send_fds(server, [len(request).to_bytes(LENGTH_BYTES, "big")], STREAMS)
            server.sendall(request)
            return server.recv(len(FORKED)) == FORKED
    except OSError:
        return False


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2:])
