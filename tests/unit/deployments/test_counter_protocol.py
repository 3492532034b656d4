"""Protocol version 1, and what happens when a client does not keep to it. No Ray: fakes behind the real socket code."""

import asyncio
import json
from collections.abc import Callable, Iterator
from functools import partial
from typing import Any

import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient
from pydantic import SecretStr
from starlette.testclient import WebSocketTestSession
from starlette.websockets import WebSocketDisconnect

from configs.environment import Environment, Profile
from configs.ingress import IngressSettings
from configs.recommendation import RecommendationSettings
from deployments.desk import Desk
from deployments.pages import add_routes
from pipeline.conversation.context import ConversationContext
from pipeline.conversation.conversation import Stages
from pipeline.events import FeedbackGiven, SessionEnded, SessionStarted
from tests.fakes.stages import (
    FakeGate,
    FakeRecommender,
    FakeRecorder,
    FakeRegistry,
    FakeTranscriber,
    said,
    span,
    suggest,
)

GOOD = {"comando": "auth", "api_key": "boa-chave"}
COMPLAINT = "estou com muita dor de cabeça desde ontem de noite e queria um remédio"
AUDIO = bytes(32_000)


class Server:
    def __init__(self, profile: Profile = Profile.SANDBOX, token: str | None = None, **settings: Any) -> None:
        self.gate, self.transcriber, self.recommender = FakeGate(), FakeTranscriber(), FakeRecommender()
        self.recorder, self.registry = FakeRecorder(), FakeRegistry()
        stages = Stages(self.gate, self.transcriber, self.recommender, self.recorder)
        settings_ = IngressSettings(**settings)
        context = partial(ConversationContext, RecommendationSettings())
        self.desk = Desk(stages, self.registry, context, settings_, "r1")
        self.ready = True
        environment = Environment.model_construct(profile=profile, admin_token=_secret(token))
        self.app = FastAPI()
        add_routes(self.app, self.desk, self.registry, {"gate": self._check}, environment)

    async def _check(self) -> bool:
        return self.ready


def _secret(token: str | None) -> Any:
    return SecretStr(token) if token else None


@pytest.fixture
def serve() -> Iterator[Callable[..., tuple[Server, TestClient]]]:
    clients: list[TestClient] = []

    def make(**settings: Any) -> tuple[Server, TestClient]:
        server = Server(**settings)
        client = TestClient(server.app)
        client.__enter__()
        clients.append(client)
        return server, client

    yield make
    for client in clients:
        client.__exit__(None, None, None)


def closed_with(socket: WebSocketTestSession) -> int:
    with pytest.raises(WebSocketDisconnect) as left:
        socket.receive_text()
    return left.value.code


@pytest.mark.parametrize("first", [GOOD, {"api_key": "boa-chave"}], ids=["auth", "bare key"])
def test_both_forms_of_auth_open_a_session_without_a_reply(serve: Any, first: dict[str, str]) -> None:
    server, client = serve()
    with client.websocket_connect("/ws") as socket:
        socket.send_json(first)
        socket.send_bytes(AUDIO)
    assert [s.balcao_id for s in server.recorder.of(SessionStarted)] == ["balcao-1"]


@pytest.mark.parametrize(
    "first",
    [
        '{"comando": "auth", "api_key": "outra"}',
        '{"comando": "auth"}',
        '{"comando": "feedback", "id_interacao": "1", "resultado": "venda_realizada"}',
        '{"comando": "dançar"}',
        "isto não é json",
        "[]",
        "[" * 100_000,
        "",
    ],
)
def test_anything_but_a_good_key_first_closes_4001(serve: Any, first: str) -> None:
    server, client = serve()
    with client.websocket_connect("/ws") as socket:
        socket.send_text(first)
        assert closed_with(socket) == 4001
    assert server.recorder.events == []


def test_audio_before_the_key_closes_4001(serve: Any) -> None:
    _, client = serve()
    with client.websocket_connect("/ws") as socket:
        socket.send_bytes(AUDIO)
        assert closed_with(socket) == 4001


def test_a_late_key_closes_4001(serve: Any) -> None:
    _, client = serve(auth_timeout_s=0.01)
    with client.websocket_connect("/ws") as socket:
        assert closed_with(socket) == 4001


def test_a_registry_that_cannot_answer_is_not_called_a_bad_key(serve: Any) -> None:
    server, client = serve()
    server.registry.fails = ConnectionError("recorder is away")
    with client.websocket_connect("/ws") as socket:
        socket.send_json(GOOD)
        assert closed_with(socket) == 1011


@pytest.mark.parametrize(
    "text",
    ['{"comando": "dançar"}', "não é json", '{"comando": "feedback"}', "[1, 2]", json.dumps(GOOD), '"auth"', "null"],
)
def test_what_the_protocol_does_not_know_is_ignored_and_the_session_goes_on(serve: Any, text: str) -> None:
    server, client = serve()
    server.transcriber.answers = [said(COMPLAINT)]
    server.recommender.answers = [suggest("PARAC", "dor de cabeça")]
    with client.websocket_connect("/ws") as socket:
        socket.send_json(GOOD)
        socket.send_text(text)
        card = _a_card_comes(server, client, socket)
    assert card["produto"] == "Produto PARAC"
    assert len(server.recorder.of(SessionStarted)) == 1


def _a_card_comes(server: Server, client: TestClient, socket: WebSocketTestSession) -> dict[str, Any]:
    """Send three seconds of audio; the scripted gate closes an utterance in it once they have arrived."""
    for _ in range(3):
        socket.send_bytes(AUDIO)
    assert client.portal is not None

    async def utterance() -> None:
        while not (server.gate.streams and server.gate.streams[0].audio.end_sample >= 48_000):
            await asyncio.sleep(0.001)
        server.gate.streams[0].says(span(0.5, 2.0))

    client.portal.call(utterance)
    card: dict[str, Any] = socket.receive_json()
    return card


def test_a_recommendation_has_exactly_the_fields_of_version_1_and_feedback_is_recorded(serve: Any) -> None:
    server, client = serve()
    server.transcriber.answers = [said(COMPLAINT)]
    server.recommender.answers = [suggest("PARAC", "dor de cabeça")]
    with client.websocket_connect("/ws") as socket:
        socket.send_json(GOOD)
        card = _a_card_comes(server, client, socket)
        assert set(card) == {"comando", "produto", "explicacao", "transcricao_base", "id_interacao"}
        socket.send_json({"comando": "feedback", "id_interacao": card["id_interacao"], "resultado": "venda_realizada"})
    assert [f.resultado for f in server.recorder.of(FeedbackGiven)] == ["venda_realizada"]


@pytest.mark.parametrize("chunk", [1, 3, 319, 3201, 16_001])
def test_audio_comes_in_chunks_of_any_size_and_odd_lengths(serve: Any, chunk: int) -> None:
    server, client = serve()
    audio = bytes(range(256)) * 125 if chunk > 300 else bytes(range(200)) * 16
    with client.websocket_connect("/ws") as socket:
        socket.send_json(GOOD)
        for at in range(0, len(audio), chunk):
            socket.send_bytes(audio[at : at + chunk])
    (ended,) = server.recorder.of(SessionEnded)
    assert ended.received_s == len(audio) // 2 / 16_000


def test_a_counter_over_capacity_is_closed_4002_and_the_place_is_free_again_afterwards(serve: Any) -> None:
    _, client = serve(max_counters=1)
    with client.websocket_connect("/ws") as first:
        first.send_json(GOOD)
        with client.websocket_connect("/ws") as second:
            assert closed_with(second) == 4002
    with client.websocket_connect("/ws") as third:
        third.send_json({"api_key": "errada"})
        assert closed_with(third) == 4001


def test_a_message_over_the_limit_closes_1009(serve: Any) -> None:
    _, client = serve(max_message_bytes=1024)
    with client.websocket_connect("/ws") as socket:
        socket.send_json(GOOD)
        socket.send_bytes(bytes(1025))
        assert closed_with(socket) == 1009


def test_audio_faster_than_real_time_closes_1008(serve: Any) -> None:
    _, client = serve()
    with client.websocket_connect("/ws") as socket:
        socket.send_json(GOOD)
        for _ in range(40):
            socket.send_bytes(AUDIO)
        assert closed_with(socket) == 1008


def test_a_drain_tells_every_counter_1012_and_admits_no_one(serve: Any) -> None:
    server, client = serve()
    with client.websocket_connect("/ws") as socket:
        socket.send_json(GOOD)
        socket.send_bytes(AUDIO)

        async def drain() -> None:
            while not server.desk.counters:
                await asyncio.sleep(0.001)
            await server.desk.drain()

        client.portal.call(drain)
        assert closed_with(socket) == 1012
    with client.websocket_connect("/ws") as late:
        assert closed_with(late) == 1012
    ready = client.get("/pronto")
    assert (ready.status_code, ready.json()["falta"]) == (503, ["drenando"])
    assert [e.close_code for e in server.recorder.of(SessionEnded)] == [1012]


def test_a_counter_whose_key_comes_during_the_drain_is_sent_away_too(serve: Any) -> None:
    server, client = serve()
    with client.websocket_connect("/ws") as socket:
        client.portal.call(server.desk.drain)
        socket.send_json(GOOD)
        assert closed_with(socket) == 1012
    assert not server.recorder.of(SessionStarted)


def test_version_2_gets_a_reply_to_its_key(serve: Any) -> None:
    _, client = serve()
    with client.websocket_connect("/ws") as socket:
        socket.send_json({**GOOD, "versao": 2})
        assert socket.receive_json()["comando"] == "auth_ok"


@pytest.mark.parametrize(("version", "threshold"), [(1, None), (2, 450)])
def test_version_2_may_bring_its_own_gate_settings(serve: Any, version: int, threshold: int | None) -> None:
    server, client = serve()
    with client.websocket_connect("/ws") as socket:
        socket.send_json({**GOOD, "versao": version, "vad": {"limiar_energia": 450}})
        socket.send_bytes(AUDIO)
    assert [options.energy_threshold for options in server.gate.options] == [threshold]


def test_gate_settings_out_of_range_close_4001(serve: Any) -> None:
    _, client = serve()
    with client.websocket_connect("/ws") as socket:
        socket.send_json({**GOOD, "versao": 2, "vad": {"silencio_final_ms": 1}})
        assert closed_with(socket) == 4001


def test_health_is_about_the_process_and_readiness_names_what_is_missing(serve: Any) -> None:
    server, client = serve()
    assert client.get("/saude").json() == {"vivo": True}
    assert client.get("/pronto").json() == {"pronto": True, "falta": []}
    server.ready = False
    ready = client.get("/pronto")
    assert (ready.status_code, ready.json()["falta"]) == (503, ["gate"])


CLIENT = {"email": "loja@exemplo.com.br", "razao_social": "Loja", "telefone": "11 99999-0000"}


def test_in_the_sandbox_a_stranger_makes_a_key_with_two_requests(serve: Any) -> None:
    _, client = serve()
    made = client.post("/cadastro/cliente", json=CLIENT)
    assert (made.status_code, made.json()) == (201, {"codigo": "123456"})
    counter = client.post("/cadastro/balcao", json={"nome_balcao": "1", "user_codigo": "123456"})
    assert (counter.status_code, counter.json()) == (201, {"balcao_id": "balcao-2", "api_key": "outra-chave"})


def test_an_unknown_client_cannot_have_a_counter(serve: Any) -> None:
    _, client = serve()
    assert client.post("/cadastro/balcao", json={"nome_balcao": "1", "user_codigo": "999999"}).status_code == 404


@pytest.mark.parametrize(
    ("token", "sent", "status"),
    [(None, None, 403), ("t", None, 401), ("t", "Bearer errado", 401), ("t", "Bearer t", 201)],
)
def test_outside_the_sandbox_registration_needs_the_admin_token(
    serve: Any, token: str | None, sent: str | None, status: int
) -> None:
    _, client = serve(profile=Profile.LIVE, token=token)
    headers = {"Authorization": sent} if sent else {}
    assert client.post("/cadastro/cliente", json=CLIENT, headers=headers).status_code == status


def test_a_counter_is_revoked_once(serve: Any) -> None:
    _, client = serve()
    assert client.delete("/cadastro/balcao/balcao-1").status_code == 204
    assert client.delete("/cadastro/balcao/outro").status_code == 404


def test_a_counter_says_whether_it_shows_the_privacy_notice(serve: Any) -> None:
    server, client = serve()
    assert client.put("/cadastro/balcao/balcao-1/aviso", json={"exibido": True}).status_code == 204
    assert server.registry.notices == {"balcao-1": True}
    assert client.put("/cadastro/balcao/outro/aviso", json={"exibido": True}).status_code == 404
