"""HAProxy reaches a replica through its Unix socket where there is one, and as Serve says elsewhere."""

import subprocess
import sys
from pathlib import Path

from deployments import haproxy_sockets
from deployments.haproxy_sockets import socket_path, with_sockets

CONFIGURATION = """\
frontend http_frontend
    bind 0.0.0.0:8765
backend http-balto
    default-server fastinter 250ms fall 2 rise 1
    # Servers in this backend
    server SERVE_REPLICA::balto#ingress#a1b2 {host}:30000 check observe layer4 error-limit 3 on-error mark-down
    server SERVE_REPLICA::balto#ingress#c3d4 127.0.0.1:30001 check
    # Fallback to head node's Serve proxy when no ingress replicas are available
    server fallback 127.0.0.1:8500 check backup
"""
ELSEWHERE = "192.0.2.7"  # RFC 5737: of no machine


def test_servers_with_a_socket_are_reached_through_it(tmp_path: Path) -> None:
    socket_path(tmp_path, 30_000).touch()
    before = CONFIGURATION.format(host="127.0.0.1")
    after = with_sockets(before, tmp_path)
    assert after == before.replace("127.0.0.1:30000", f"unix@{tmp_path}/30000.sock")


def test_the_same_port_of_another_node_is_left_alone(tmp_path: Path) -> None:
    socket_path(tmp_path, 30_000).touch()
    before = CONFIGURATION.format(host=ELSEWHERE)
    assert with_sockets(before, tmp_path) == before


def test_a_change_made_twice_is_made_once(tmp_path: Path) -> None:
    socket_path(tmp_path, 30_001).touch()
    after = with_sockets(CONFIGURATION.format(host=ELSEWHERE), tmp_path)
    assert with_sockets(after, tmp_path) == after


def test_as_a_program_it_changes_the_file_that_haproxy_is_about_to_read(tmp_path: Path) -> None:
    file, sockets = tmp_path / "haproxy.cfg", tmp_path / "two words"
    sockets.mkdir()
    socket_path(sockets, 30_000).touch()
    file.write_text(CONFIGURATION.format(host="127.0.0.1"), encoding="utf-8")
    arguments = ["-db", "-f", str(file), "-sf", "17"]
    subprocess.run([sys.executable, "-IS", haproxy_sockets.__file__, str(sockets), *arguments], check=True)
    assert f"unix@{sockets}/30000.sock" in file.read_text(encoding="utf-8")
