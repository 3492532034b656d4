"""The fork server as its owner sees it: where it is asked for workers, and its end."""

import signal
import socket
import subprocess
import sys
import threading
from importlib.metadata import version
from pathlib import Path

KNOWN_RAY = "2.60."
CLIENT = Path(__file__).with_name("fork_client.py")
SERVER = ["-m", "deployments.fork_server"]
WAITING = 128  # clients, while the server still imports
STOP_TIMEOUT_S = 5.0


def start_fork_server(folder: Path) -> "ForkServer | None":
    """None where workers have to start in Ray's own way: it is not known how another version of Ray starts them."""
    return ForkServer(folder) if sys.platform == "linux" and version("ray").startswith(KNOWN_RAY) else None


class ForkServer:
    """Runs from now until `close`, or this process's end. Its socket is in `folder`."""

    def __init__(self, folder: Path) -> None:
        address = folder / "fork.sock"
        self.client = [str(CLIENT), str(address)]  # what Ray runs for a worker, before its own command
        with socket.socket(socket.AF_UNIX) as listener:
            listener.bind(str(address))
            listener.listen(WAITING)
            self._process = subprocess.Popen(
                [sys.executable, *SERVER, str(listener.fileno())],
                stdin=subprocess.PIPE,
                pass_fds=[listener.fileno()],
                preexec_fn=_ignore_interrupts,
            )
        # Until somebody has waited for it a process counts as alive, to forks that look whether it is.
        threading.Thread(target=self._process.wait, name="fork server", daemon=True).start()

    @property
    def pid(self) -> int:
        return self._process.pid

    def close(self) -> None:
        """Its forks end with their raylet."""
        if self._process.stdin is not None:
            self._process.stdin.close()
        try:
            self._process.wait(STOP_TIMEOUT_S)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()


def _ignore_interrupts() -> None:
    """Ctrl-C reaches all that this terminal started; what it ends, and in which order, is the parent's to say."""
    signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
