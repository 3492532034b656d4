"""The sandbox as a program of its own, and its switches."""

import asyncio
import json
import socket
import subprocess
import sys
from collections.abc import Iterator

import httpx
import pytest

from configs.environment import Environment
from configs.transcription import TranscriptionSettings
from pipeline.stages import Transcription, TranscriptionRequest
from pipeline.transcription import make_transcriber
from sandbox.faults import Fault, Service
from sandbox.recordings import Dialogue
from sandbox.server import SandboxServer

SWITCHES = "/sandbox/faults"


@pytest.fixture
def program() -> Iterator[str]:
    """The address of `python -m sandbox`, as its first line says it."""
    command = [sys.executable, "-m", "sandbox", "--port", "0", "--speech-ms", "1", "--chat-ms", "1"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        try:
            said = json.loads(process.stdout.readline())
            assert said["url"] == f"http://127.0.0.1:{said['port']}"
            yield said["url"]
        finally:
            process.terminate()


def transcribe(url: str, dialogue: Dialogue) -> httpx.Response:
    return httpx.post(
        f"{url}/v1/speech-to-text",
        headers={"xi-api-key": "any"},
        data={"model_id": "scribe_v2", "file_format": "pcm_s16le_16"},
        files={"file": ("a.pcm", dialogue.samples()[: 16_000 * 5].tobytes())},
        timeout=30,
    )


def test_the_program_transcribes_fails_as_told_and_counts(program: str, dialogue: Dialogue) -> None:
    assert transcribe(program, dialogue).json()["text"].startswith("Oi, boa tarde.")
    order = {"service": "elevenlabs", "script": ["503"]}
    assert httpx.post(program + SWITCHES, json=order).status_code == 204
    assert transcribe(program, dialogue).status_code == 503
    assert transcribe(program, dialogue).status_code == 200
    httpx.post(program + SWITCHES, json={"service": "elevenlabs", "rate": 1.0, "script": ["500", "500"]})
    assert httpx.delete(program + SWITCHES).status_code == 204
    assert transcribe(program, dialogue).status_code == 200
    state = httpx.get(f"{program}/sandbox/state").json()
    assert state == {
        "sandbox": True,
        "requests": {"elevenlabs": 4},
        "played": {"elevenlabs:503": 1},
        "most_at_a_time": {"elevenlabs": 1},
    }


@pytest.mark.parametrize("order", [{"service": "nobody"}, {"service": "elevenlabs", "script": ["nonsense"]}, {}])
def test_an_order_it_does_not_know_is_refused(program: str, order: dict[str, object]) -> None:
    assert httpx.post(program + SWITCHES, json=order).status_code == 422


def test_a_port_in_use_is_named() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = str(taken.getsockname()[1])
        command = [sys.executable, "-m", "sandbox", "--port", port]
        ended = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
    assert ended.returncode != 0
    assert port in ended.stderr
    assert "Traceback" not in ended.stderr


async def test_a_plan_of_two_at_a_time_serves_eight_counters(
    sandbox: SandboxServer, environment: Environment, dialogue: Dialogue
) -> None:
    """We think we may make eight calls at a time, the plan says two: we come with fewer and nobody is lost."""
    sandbox.behaviour.timing = type(sandbox.behaviour.timing)(speech_s=0.05, elevenlabs_concurrency=2)
    call = {"max_concurrent": 8, "attempts": 6, "retry_budget": 50}
    transcriber = make_transcriber(TranscriptionSettings.model_validate({"elevenlabs": {"call": call}}), environment)
    pcm = dialogue.samples()[: 16_000 * 3].tobytes()

    async def counter(number: int) -> object:
        return await transcriber.transcribe(
            TranscriptionRequest(
                session_id=f"s{number}",
                utterance_id=f"u{number}",
                balcao_id=f"b{number}",
                cliente_codigo="c",
                pcm=pcm,
                budget_s=30.0,
            )
        )

    try:
        results = await asyncio.gather(*map(counter, range(8)))
    finally:
        await transcriber.aclose()
    assert all(isinstance(result, Transcription) for result in results)
    assert any(call.outcome == "ocupado" for result in results for call in result.calls)


async def test_who_is_served_or_has_left_counts_no_more(
    sandbox: SandboxServer, environment: Environment, dialogue: Dialogue
) -> None:
    transcriber = make_transcriber(TranscriptionSettings(), environment)
    pcm = dialogue.samples()[: 16_000 * 3].tobytes()

    def asked(number: int, budget_s: float) -> TranscriptionRequest:
        who = {"session_id": f"s{number}", "utterance_id": f"u{number}", "balcao_id": "b", "cliente_codigo": "c"}
        return TranscriptionRequest(**who, pcm=pcm, budget_s=budget_s)  # type: ignore[arg-type]

    behaviour = sandbox.behaviour
    try:
        await asyncio.gather(*(transcriber.transcribe(asked(number, 10.0)) for number in range(3)))
        assert behaviour.most_at_a_time == {"elevenlabs": 3}
        behaviour.faults.script(Service.ELEVENLABS, [Fault.HANG])
        await transcriber.transcribe(asked(3, 0.3))
        async with asyncio.timeout(5):
            while behaviour.under_way[Service.ELEVENLABS]:
                await asyncio.sleep(0.01)
    finally:
        await transcriber.aclose()
    assert behaviour.most_at_a_time == {"elevenlabs": 3}
