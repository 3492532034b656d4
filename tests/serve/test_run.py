"""`balto run` as a newcomer meets it: no keys, an empty folder, a terminal, and at last the end."""

import asyncio
import json
import re
import shutil
import signal
import subprocess
from collections.abc import Iterator
from pathlib import Path

import duckdb
import httpx
import pytest
from websockets.asyncio.client import ClientConnection, connect

from client.counter import Counter
from client.messages import Recommendation
from client.registration import Registration
from client.wav import WavAudio, paced
from sandbox.recordings import load_dialogues
from tests.serve.service import (
    BALTO,
    READY_WITHIN_S,
    STOPPED_WITHIN_S,
    Service,
    await_no_process,
    balto_run,
    newcomer,
    processes_of,
    starters_of,
    until,
)

PUBLISHED_WITHIN_S = 30.0
CARD_WITHIN_S = 90.0  # of a dialogue's beginning
DIALOGUE = "dor_de_garganta"
SHIPPED = Path(__file__).parents[2] / "serve_config.yaml"

pytestmark = pytest.mark.timeout(400)


@pytest.fixture(scope="module")
def service(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Service]:
    folder = tmp_path_factory.mktemp("newcomer")
    shutil.copy(SHIPPED, folder)
    with balto_run(folder) as service:
        service.await_line("Ctrl-C stops")
        yield service


def test_it_says_sandbox_and_shows_a_recommendation_with_its_timings(service: Service) -> None:
    assert "S A N D B O X" in service.said
    assert re.search(r"ready in [\d.]+ s", service.said)
    assert "recomendação" in service.said
    assert re.search(r"end of the sentence to card, at the counter +\d+ ms", service.said)
    assert re.search(r"last word to card, as recorded +\d+ ms", service.said)
    assert re.search(r"your counter key: \S{16,}", service.said)
    assert "balto counter --wav" in service.said


def test_workers_are_forked_and_what_serves_nobody_does_not_run(service: Service) -> None:
    (starter,) = starters_of("ray::Serve", service.process.pid)
    assert "deployments.fork_server" in starter
    assert not any("DashboardAgent" in command for command in processes_of(service.folder))


async def test_a_stranger_streams_a_wav_and_finds_the_recommendation_in_the_database(service: Service) -> None:
    dialogue = next(dialogue for dialogue in load_dialogues() if dialogue.name == DIALOGUE)
    spoken = " ".join(dialogue.utterances)
    with Registration(service.url) as registration:
        codigo = registration.client(email="a@exemplo.invalid", razao_social="Loja", telefone="11 0000-0000")
        balcao_id, key = registration.counter(nome_balcao="Balcão 7", user_codigo=codigo)
    found = await first_card(service, key, WavAudio.read(dialogue.wav))

    assert re.fullmatch(r"\d{6}", codigo)
    assert found.id_interacao
    assert found.produto
    assert found.explicacao
    assert found.transcricao_base
    assert "garganta" in found.transcricao_base
    assert set(re.findall(r"\w+", found.transcricao_base.lower())) <= set(re.findall(r"\w+", spoken.lower()))

    row = published_row(service, found.id_interacao)
    assert row == {
        "cliente_codigo": codigo,
        "balcao_id": balcao_id,
        "situacao": "sugerida",
        "produto": found.produto,
        "resultado": "venda_realizada",
    }


async def first_card(service: Service, key: str, audio: WavAudio) -> Recommendation:
    async with asyncio.timeout(CARD_WITHIN_S), Counter(f"ws://127.0.0.1:{service.port}/ws", key) as counter:
        await counter.stream(paced(audio.chunks(tail_s=6)))
        async for event in counter:
            if isinstance(event, Recommendation):
                counter.feedback(event.id_interacao, "venda_realizada")
                await counter.flush()
                return event
    raise AssertionError("the counter ended")


async def test_feedback_sent_right_before_the_socket_closes_is_recorded(service: Service) -> None:
    """By a counter that has nothing of ours: it answers, hangs up, and does not wait for either."""
    dialogue = next(dialogue for dialogue in load_dialogues() if dialogue.name == DIALOGUE)
    with Registration(service.url) as registration:
        codigo = registration.client(email="b@exemplo.invalid", razao_social="Loja", telefone="11 0000-0001")
        _, key = registration.counter(nome_balcao="Balcão 8", user_codigo=codigo)
    async with connect(f"ws://127.0.0.1:{service.port}/ws", proxy=None) as socket:
        await socket.send(json.dumps({"comando": "auth", "api_key": key}))
        speaking = asyncio.create_task(speak(socket, WavAudio.read(dialogue.wav)), name="speaking")
        async with asyncio.timeout(CARD_WITHIN_S):
            card = json.loads(await socket.recv())
        speaking.cancel()
        feedback = {"comando": "feedback", "id_interacao": card["id_interacao"], "resultado": "venda_perdida"}
        await socket.send(json.dumps(feedback))
    assert card["comando"] == "recomendar"
    assert published_row(service, card["id_interacao"])["resultado"] == "venda_perdida"


async def speak(socket: ClientConnection, audio: WavAudio) -> None:
    async for chunk in paced(audio.chunks(tail_s=6)):
        await socket.send(chunk)


def published_row(service: Service, interaction_id: str) -> dict[str, object]:
    """As an analyst reads it, once it and its feedback are published."""
    query = """SELECT cliente_codigo, balcao_id, situacao, produto, resultado
               FROM analise.interacoes WHERE interacao_id = ? AND resultado IS NOT NULL"""

    def rows() -> list[tuple[object, ...]]:
        with duckdb.connect(str(service.folder / "dados" / "registro.duckdb"), read_only=True) as database:
            return database.execute(query, [interaction_id]).fetchall()

    found = until(rows, PUBLISHED_WITHIN_S)
    assert found, f"{interaction_id} is not in the published database"
    return dict(zip(("cliente_codigo", "balcao_id", "situacao", "produto", "resultado"), found[0], strict=True))


def test_the_next_command_it_proposes_works(service: Service) -> None:
    asked = subprocess.run(
        [BALTO, "query", "SELECT count(*) AS n FROM analise.interacoes"],
        cwd=service.folder,
        env=newcomer(service.folder),
        capture_output=True,
        text=True,
        timeout=READY_WITHIN_S,
        check=True,
    )
    assert re.search(r"\b[1-9]\d*\b", asked.stdout)


async def test_an_edited_configuration_is_applied_and_counters_stay_connected(service: Service) -> None:
    file = service.folder / SHIPPED.name
    with Registration(service.url) as registration:
        codigo = registration.client(email="c@exemplo.invalid", razao_social="Loja", telefone="11 0000-0002")
        _, key = registration.counter(nome_balcao="Balcão 9", user_codigo=codigo)
    async with connect(f"ws://127.0.0.1:{service.port}/ws", proxy=None) as socket:
        await socket.send(json.dumps({"comando": "auth", "api_key": key}))
        file.write_text(file.read_text().replace("min_replicas: 1", "min_replicas: 2"), encoding="utf-8")
        async with asyncio.timeout(60):
            while sum("ServeReplica:balto:gate" in command for command in processes_of(service.folder)) < 2:
                await asyncio.sleep(0.5)
        file.write_text(file.read_text().replace("min_replicas: 2", "min_replicas: two"), encoding="utf-8")
        await asyncio.to_thread(service.await_line, "the change is not applied")
        await (await socket.ping())
    assert re.search(r"line \d+: .*min_replicas", service.said)


def test_a_second_one_on_the_port_is_told_so_in_one_line(service: Service) -> None:
    second = subprocess.run(
        [BALTO, "run", "--port", str(service.port)],
        cwd=service.folder,
        env=newcomer(service.folder),
        capture_output=True,
        text=True,
        timeout=READY_WITHIN_S,
        check=False,
    )
    assert second.returncode == 1
    assert second.stderr.strip().splitlines() == [
        f"error: port {service.port} is in use: stop what listens there, or choose another with --port or PORT"
    ]


def test_told_to_stop_it_drains_and_leaves_no_process(service: Service) -> None:
    """Last: it ends the service. SIGTERM is what a container gets; Ctrl-C takes the same way."""
    assert httpx.get(f"{service.url}/pronto", trust_env=False).status_code == 200
    service.process.send_signal(signal.SIGTERM)
    assert service.process.wait(STOPPED_WITHIN_S) == 0, service.said
    assert await_no_process(service.folder) == []
    assert "Traceback" not in service.said


def test_told_to_stop_while_it_starts_it_ends_without_complaint(tmp_path: Path) -> None:
    """In the midst of Ray's own start, when Ray's handlers of the signal would end the process in their way."""
    with balto_run(tmp_path) as starting:

        def raylet_runs() -> bool:
            assert starting.process.poll() is None, starting.said
            return any("raylet/raylet" in command for command in processes_of(tmp_path))

        assert until(raylet_runs, READY_WITHIN_S)
        starting.process.send_signal(signal.SIGTERM)
        assert starting.process.wait(STOPPED_WITHIN_S) == 0, starting.said
    assert await_no_process(tmp_path) == []
    assert "SIGTERM" not in starting.said
    assert "Traceback" not in starting.said
