"""Unix sockets between HAProxy and the replicas of its own machine.

Over TCP each message goes through both ends of a network that is not there: a fifth of what HAProxy spends on it, and
of what the ingress spends on reading it. Serve writes addresses of TCP into HAProxy's configuration and
has no setting for others (ray 2.60); its replicas listen on a Unix socket as well (`socket_server`), and where there is
one the configuration is changed to it. Replicas on other nodes keep their address.

    python haproxy_sockets.py FOLDER ARGUMENT…      HAProxy's own arguments: the file named after -f is changed

Needs nothing but the standard library: it runs whenever HAProxy starts or reloads.
"""

import re
import sys
from pathlib import Path

FOLDER = "BALTO_HAPROXY_SOCKETS"  # of the environment: where the sockets are; without it there are none
HERE = {"127.0.0.1", "::1", "localhost"}  # what Serve calls the machine that HAProxy is on
SERVER = re.compile(r"^(?P<named>\s*server \S+ )(?P<host>\S+):(?P<port>\d+)(?= )", re.MULTILINE)


def socket_path(folder: Path, port: int) -> Path:
    """Of the replica that listens on `port` of this machine."""
    return folder / f"{port}.sock"


def with_sockets(configuration: str, folder: Path) -> str:
    """HAProxy's configuration with the sockets in `folder` for the servers that have one."""

    def address(server: re.Match[str]) -> str:
        path = socket_path(folder, int(server["port"]))
        return f"{server['named']}unix@{path}" if server["host"] in HERE and path.exists() else server[0]

    return SERVER.sub(address, configuration)


def main(folder: Path, arguments: list[str]) -> None:
    file = Path(arguments[arguments.index("-f") + 1])
    file.write_text(with_sockets(file.read_text(encoding="utf-8"), folder), encoding="utf-8")


if __name__ == "__main__":
    main(Path(sys.argv[1]), sys.argv[2:])
