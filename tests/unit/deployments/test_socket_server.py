"""uvicorn serves a Unix socket like its port, where the environment names a folder for it."""

import logging
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import httpx
import pytest
import uvicorn
from starlette.types import Receive, Scope, Send

from deployments.haproxy_sockets import FOLDER, socket_path
from deployments.machine import free_port
from deployments.socket_server import SocketServer


async def app(scope: Scope, receive: Receive, send: Send) -> None:
    await send({"type": "http.response.start", "status": 200, "headers": []})
    await send({"type": "http.response.body", "body": scope["path"].encode()})


@asynccontextmanager
async def serving(port: int | None = None) -> AsyncIterator[SocketServer]:
    config = uvicorn.Config(
        app, host="127.0.0.1", port=port or free_port(), lifespan="off", log_level=None, log_config=None
    )
    config.load()
    server = SocketServer(config)
    server.lifespan = config.lifespan_class(config)
    await server.startup([config.bind_socket()])
    try:
        yield server
    finally:
        await server.shutdown()


async def answer(port: int, path: Path | None) -> str:
    async with httpx.AsyncClient(transport=httpx.AsyncHTTPTransport(uds=str(path) if path else None)) as client:
        return (await client.get(f"http://127.0.0.1:{port}/pronto")).text


async def test_both_are_served(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(FOLDER, str(tmp_path))
    async with serving() as server:
        port = server.config.port
        path = socket_path(tmp_path, port)
        assert (await answer(port, None), await answer(port, path)) == ("/pronto", "/pronto")
    with pytest.raises(httpx.ConnectError):
        await answer(port, path)


async def test_a_killed_replicas_socket_is_replaced(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(FOLDER, str(tmp_path))
    port = free_port()
    with socket.socket(socket.AF_UNIX) as killed:
        killed.bind(str(socket_path(tmp_path, port)))
    async with serving(port):
        assert await answer(port, socket_path(tmp_path, port)) == "/pronto"


async def test_without_a_folder_there_is_the_port_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv(FOLDER, raising=False)
    async with serving() as server:
        assert len(server.servers) == 1
        assert await answer(server.config.port, None) == "/pronto"


async def test_a_folder_that_is_gone_leaves_the_port(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setenv(FOLDER, str(tmp_path / "gone"))
    with caplog.at_level(logging.WARNING):
        async with serving() as server:
            assert await answer(server.config.port, None) == "/pronto"
    assert "no socket for HAProxy" in caplog.text
