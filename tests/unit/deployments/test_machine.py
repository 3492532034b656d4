"""A free port stays free until somebody listens on it who was told of it."""

import socket

import pytest

from deployments import machine


def test_a_free_port_is_none_that_the_system_gives_to_whoever_asks_for_any() -> None:
    with socket.socket() as anybody:
        anybody.bind(("127.0.0.1", 0))
        assert anybody.getsockname()[1] not in machine.PORTS
    assert machine.free_port() in machine.PORTS


def test_a_free_port_is_none_that_somebody_listens_on(monkeypatch: pytest.MonkeyPatch) -> None:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", machine.free_port()))
        listener.listen()
        taken = listener.getsockname()[1]
        monkeypatch.setattr(machine, "PORTS", range(taken, taken + 3))
        assert {machine.free_port() for _ in range(20)} <= {taken + 1, taken + 2}
