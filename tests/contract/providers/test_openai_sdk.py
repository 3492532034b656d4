"""The xAI and OpenAI-style emulators under the openai SDK, pointed at them as xAI's own documentation does."""

import json

import openai
import pytest
from openai import AsyncOpenAI
from pydantic import BaseModel

from sandbox.faults import Fault, Service
from sandbox.recordings import Dialogue
from sandbox.server import SandboxServer

CATALOGUE = "SKU-A1 | Paracetamol 500 mg | dor de cabeça, febre\nSKU-B2 | Pastilha | dor de garganta"
MESSAGES = [
    {"role": "system", "content": CATALOGUE},
    {"role": "user", "content": "cliente: estou com dor de garganta"},
]


class Item(BaseModel):
    sku: str
    evidencia: str


class Card(BaseModel):
    itens: list[Item]


def client(sandbox: SandboxServer, key: str = "sandbox-key", retries: int = 0) -> AsyncOpenAI:
    return AsyncOpenAI(api_key=key, base_url=f"{sandbox.url}/v1", max_retries=retries)


async def test_a_structured_answer_obeys_its_schema_and_follows_from_the_request(sandbox: SandboxServer) -> None:
    async with client(sandbox) as xai:
        answer = await xai.chat.completions.parse(model="grok-4.3", messages=MESSAGES, response_format=Card)
        again = await xai.chat.completions.parse(model="grok-4.3", messages=MESSAGES, response_format=Card)
    card = answer.choices[0].message.parsed
    assert card is not None
    assert [item.sku for item in card.itens] == ["SKU-B2"]
    assert card.itens[0].evidencia in MESSAGES[1]["content"]
    assert again.choices[0].message.content == answer.choices[0].message.content
    assert answer.usage is not None
    assert answer.usage.prompt_tokens > 0


async def test_the_second_question_finds_its_prefix_cached(sandbox: SandboxServer) -> None:
    async with client(sandbox) as xai:
        first = await xai.chat.completions.create(model="grok-4.3", messages=MESSAGES)
        second = await xai.chat.completions.create(model="grok-4.3", messages=MESSAGES)
    assert first.usage.prompt_tokens_details.cached_tokens == 0
    assert second.usage.prompt_tokens_details.cached_tokens > 0


async def test_streaming_comes_to_the_same_text(sandbox: SandboxServer) -> None:
    ask = {"model": "grok-4.3", "messages": MESSAGES}
    async with client(sandbox) as xai:
        whole = await xai.chat.completions.create(**ask)
        stream = await xai.chat.completions.create(**ask, stream=True)
        pieces = [chunk.choices[0].delta.content or "" async for chunk in stream]
    assert "".join(pieces) == whole.choices[0].message.content


async def test_the_raw_answer_carries_the_retention_header(sandbox: SandboxServer) -> None:
    async with client(sandbox) as xai:
        raw = await xai.chat.completions.with_raw_response.create(model="grok-4.3", messages=MESSAGES)
    assert raw.headers["x-zero-data-retention"] == "true"


async def test_the_sdk_gets_over_one_429(sandbox: SandboxServer) -> None:
    sandbox.behaviour.faults.script(Service.XAI_CHAT, [Fault.BUSY])
    async with client(sandbox, retries=1) as xai:
        answer = await xai.chat.completions.create(model="grok-4.3", messages=MESSAGES)
    assert answer.choices[0].message.content
    assert sandbox.behaviour.faults.requests[Service.XAI_CHAT] == 2


@pytest.mark.parametrize(
    ("fault", "error"),
    [
        (Fault.BUSY_RETRY_AFTER, openai.RateLimitError),
        (Fault.CREDIT, openai.PermissionDeniedError),
        (Fault.UNAVAILABLE, openai.InternalServerError),
    ],
)
async def test_errors_are_flat_and_have_their_status(
    sandbox: SandboxServer, fault: Fault, error: type[openai.APIStatusError]
) -> None:
    sandbox.behaviour.faults.script(Service.XAI_CHAT, [fault])
    async with client(sandbox) as xai:
        with pytest.raises(error) as raised:
            await xai.chat.completions.create(model="grok-4.3", messages=MESSAGES)
    assert set(raised.value.response.json()) == {"code", "error"}


async def test_a_wrong_key_is_a_400_as_at_xai(sandbox: SandboxServer) -> None:
    async with client(sandbox, key="invalid") as xai:
        with pytest.raises(openai.BadRequestError) as error:
            await xai.chat.completions.create(model="grok-4.3", messages=MESSAGES)
    assert "Incorrect API key" in error.value.response.json()["error"]


async def test_transcription_in_openais_form(sandbox: SandboxServer, dialogue: Dialogue) -> None:
    async with client(sandbox) as host:
        answer = await host.audio.transcriptions.create(
            model="whisper-1", file=("a.wav", dialogue.wav.read_bytes()), language="pt", response_format="verbose_json"
        )
    assert answer.text == " ".join(dialogue.utterances)
    assert answer.segments is not None
    assert answer.segments[0].avg_logprob <= 0
    assert json.loads(answer.model_dump_json())["duration"]
