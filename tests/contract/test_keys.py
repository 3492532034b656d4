"""`balto keys` against a real HTTP server on loopback that answers as Balto does."""

import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest
from typer.testing import CliRunner

from cli.keys import keys
from client.errors import RegistrationRefused
from client.registration import Registration, http_url, socket_url

TOKEN = "admin-token"
BAD_EMAIL = {"detail": [{"loc": ["body", "email"], "msg": "String should match pattern"}]}


class Balto(BaseHTTPRequestHandler):
    asked: list[tuple[str, str, object]] = []

    def do_POST(self) -> None:  # the name that http.server calls
        body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        self.asked.append((self.command, self.path, body))
        if self.headers.get("Authorization") != f"Bearer {TOKEN}":
            self.answer(401, {"detail": "envie o cabeçalho Authorization"})
        elif self.path == "/cadastro/balcao":
            self.answer(201, {"balcao_id": "b1", "api_key": "k1"})
        else:
            self.answer(*((201, {"codigo": "123456"}) if "@" in body["email"] else (422, BAD_EMAIL)))

    def do_DELETE(self) -> None:
        self.asked.append((self.command, self.path, None))
        self.answer(*((204, None) if self.path.endswith("/b1") else (404, {"detail": "balcão b2 não existe"})))

    def do_PUT(self) -> None:
        body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        self.asked.append((self.command, self.path, body))
        self.answer(204, None)

    def answer(self, status: int, body: object) -> None:
        content = b"" if body is None else json.dumps(body).encode()
        self.send_response(status)
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    def log_message(self, format: str, *arguments: object) -> None:
        """Quiet."""


@pytest.fixture
def server() -> Iterator[str]:
    Balto.asked.clear()
    with ThreadingHTTPServer(("127.0.0.1", 0), Balto) as running:
        serving = threading.Thread(target=running.serve_forever)
        serving.start()
        yield f"http://127.0.0.1:{running.server_address[1]}"
        running.shutdown()
        serving.join()


def test_a_client_and_a_counter_are_made(server: str) -> None:
    given = ["--server", server, "--admin-token", TOKEN]
    made = CliRunner().invoke(
        keys, ["client", "--email", "a@b.c", "--razao-social", "Loja", "--telefone", "11 5555-0000", *given]
    )
    assert "client 123456" in made.output
    counter = CliRunner().invoke(keys, ["counter", "--name", "Balcão 1", "--client", "123456", *given])
    assert [line.split()[:2] for line in counter.output.splitlines()] == [["counter", "b1"], ["key", "k1"]]
    assert Balto.asked == [
        ("POST", "/cadastro/cliente", {"email": "a@b.c", "razao_social": "Loja", "telefone": "11 5555-0000"}),
        ("POST", "/cadastro/balcao", {"nome_balcao": "Balcão 1", "user_codigo": "123456"}),
    ]


def test_a_counter_is_made_with_its_notice(server: str) -> None:
    given = ["--server", server, "--admin-token", TOKEN]
    made = CliRunner().invoke(keys, ["counter", "--name", "B1", "--client", "123456", "--notice", *given])
    assert "key     k1" in made.output
    assert Balto.asked[-1] == ("PUT", "/cadastro/balcao/b1/aviso", {"exibido": True})


def test_a_counter_is_revoked_once(server: str) -> None:
    assert "b1 is revoked" in CliRunner().invoke(keys, ["revoke", "b1", "--server", server]).output
    with Registration(server) as registration, pytest.raises(RegistrationRefused, match="404: balcão b2 não existe"):
        registration.revoke("b2")


def test_a_refusal_is_told_in_the_servers_words(server: str) -> None:
    person = {"razao_social": "Loja", "telefone": "11 5555-0000"}
    with Registration(server) as registration, pytest.raises(RegistrationRefused, match="401: envie o cabeçalho"):
        registration.client(email="a@b.c", **person)
    with (
        Registration(server, admin_token=TOKEN) as registration,
        pytest.raises(RegistrationRefused, match="422: email: String should match pattern"),
    ):
        registration.client(email="nobody", **person)


@pytest.mark.parametrize(
    ("given", "http", "socket"),
    [
        ("ws://loja:8765/ws", "http://loja:8765", "ws://loja:8765/ws"),
        ("wss://loja/ws", "https://loja", "wss://loja/ws"),
        ("https://loja", "https://loja", "wss://loja/ws"),
        ("loja:8765", "http://loja:8765", "ws://loja:8765/ws"),
    ],
)
def test_any_way_to_write_the_server(given: str, http: str, socket: str) -> None:
    assert (http_url(given), socket_url(given)) == (http, socket)
