"""What is particular to each kind of chat model: cached prompts, retention, a key or none."""

import json
from collections.abc import AsyncIterator
from dataclasses import replace

import pytest

from configs.environment import Environment
from configs.model import ModelSettings
from pipeline.providers.errors import Category
from pipeline.recommendation.chat import ChatCompletions, make_chat_model
from pipeline.recommendation.model import ChatAnswer, ChatRequest
from pipeline.stages import StageFailed
from sandbox.faults import Fault, Service
from sandbox.server import SandboxServer

SCHEMA = {"type": "object", "properties": {"sku": {"type": "string"}, "evidencia": {"type": "string"}}}
QUESTION = ChatRequest(
    system="SKU-A1 | Paracetamol 500 mg | dor de cabeça\nSKU-B2 | Pastilha | dor de garganta",
    user="estou com dor de garganta",
    schema_name="card",
    json_schema=SCHEMA,
    conversation_id="conv-1",
    budget_s=5.0,
    session_id="s1",
    interaction_id="i1",
)


def settings(**changes: object) -> ModelSettings:
    call = {"attempts": 1, "attempt_timeout_s": 1.5, "breaker_refused_open_s": 0.01}
    return ModelSettings.model_validate({"call": call} | changes)


@pytest.fixture
async def model(environment: Environment) -> AsyncIterator[ChatCompletions]:
    made = make_chat_model(settings(), environment)
    assert made is not None
    yield made
    await made.aclose()


async def test_what_was_cached_costs_less(model: ChatCompletions) -> None:
    answer = await model.complete(QUESTION)
    assert isinstance(answer, ChatAnswer)
    assert json.loads(answer.text) == {"sku": "SKU-B2", "evidencia": "dor de garganta"}
    (call,) = answer.calls
    assert call.cost_usd == pytest.approx((call.tokens_in * 1.25 + call.tokens_out * 2.50) / 1e6)
    again = await model.complete(QUESTION)
    assert again.calls[0].tokens_cached > 0
    assert again.calls[0].cost_usd < call.cost_usd


async def test_a_schema_breaking_answer_is_handed_on_to_be_judged(
    model: ChatCompletions, sandbox: SandboxServer
) -> None:
    sandbox.behaviour.faults.script(Service.XAI_CHAT, [Fault.SCHEMA])
    answer = await model.complete(QUESTION)
    assert isinstance(answer, ChatAnswer)
    assert json.loads(answer.text) == {"unexpected": True}


async def test_no_key_or_switched_off_is_no_model(environment: Environment) -> None:
    assert make_chat_model(settings(provider="none"), environment) is None
    assert make_chat_model(settings(), environment.model_copy(update={"xai_api_key": None})) is None


async def test_any_openai_compatible_endpoint_by_its_address(sandbox: SandboxServer, environment: Environment) -> None:
    chosen = settings(provider="openai_compatible", base_url=sandbox.url, name="llama-4")
    local = make_chat_model(chosen, environment)
    assert local is not None
    try:
        answer = await local.complete(QUESTION)
    finally:
        await local.aclose()
    assert isinstance(answer, ChatAnswer)
    assert (answer.provider, answer.model, answer.calls[0].price_version) == ("openai_compatible", "llama-4", None)


async def test_zero_retention_is_checked_when_it_is_asked_for(environment: Environment, sandbox: SandboxServer) -> None:
    strict = make_chat_model(settings(require_zero_retention=True), environment)
    assert strict is not None
    try:
        assert isinstance(await strict.complete(QUESTION), ChatAnswer)
        sandbox.behaviour.zero_retention = False
        refused = await strict.complete(QUESTION)
    finally:
        await strict.aclose()
    assert isinstance(refused, StageFailed)
    assert (refused.category, refused.alert) == (Category.AUTH, True)


async def test_the_deadline_holds(model: ChatCompletions, sandbox: SandboxServer) -> None:
    sandbox.behaviour.faults.script(Service.XAI_CHAT, [Fault.HANG])
    failure = await model.complete(replace(QUESTION, budget_s=0.1))
    assert isinstance(failure, StageFailed)
    assert failure.category == Category.TIMEOUT
    assert failure.calls[0].cost_usd > 0
