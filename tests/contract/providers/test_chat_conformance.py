"""One suite that every chat model passes, against the emulator and, with `-m live` and keys, the real services.

An OpenAI-compatible service is named by BALTO_LIVE_LLM_URL and BALTO_LIVE_LLM_MODEL.
"""

import asyncio
import json
from collections.abc import AsyncIterator, Callable, Iterable
from dataclasses import replace

import pytest

from configs.environment import Environment
from configs.model import ModelSettings
from pipeline.events import ProviderCalled
from pipeline.providers.errors import Category
from pipeline.recommendation.chat import ChatCompletions, make_chat_model
from pipeline.recommendation.model import ChatAnswer, ChatRequest
from pipeline.stages import StageFailed
from sandbox.faults import Fault, Service
from sandbox.server import SandboxServer
from tests.contract.providers.conftest import IN_THE_SANDBOX, Place, live_service

PROVIDERS = ("xai", "openai_compatible")
SCHEMA = {
    "type": "object",
    "properties": {"sku": {"type": "string"}, "evidencia": {"type": "string"}},
    "required": ["sku", "evidencia"],
    "additionalProperties": False,
}
QUESTION = ChatRequest(
    system="Escolha um produto e cite as palavras do cliente.\n"
    "SKU-A1 | Paracetamol 500 mg | dor de cabeça\nSKU-B2 | Pastilha | dor de garganta",
    user="estou com dor de garganta",
    schema_name="card",
    json_schema=SCHEMA,
    conversation_id="conv-1",
    budget_s=10.0,
    session_id="s1",
    interaction_id="i1",
)
FAULTS = [
    (Fault.BUSY, Category.CAPACITY),
    (Fault.BUSY_RETRY_AFTER, Category.RATE),
    (Fault.KEY, Category.AUTH),
    (Fault.QUOTA, Category.QUOTA),
    (Fault.CREDIT, Category.QUOTA),
    (Fault.ERROR, Category.TRANSIENT),
    (Fault.UNAVAILABLE, Category.TRANSIENT),
    (Fault.HANG, Category.TIMEOUT),
    (Fault.DRIBBLE, Category.TIMEOUT),
    (Fault.CUT, Category.TRANSIENT),
    (Fault.MALFORMED, Category.MALFORMED),
]


@pytest.fixture(params=PROVIDERS)
def provider(request: pytest.FixtureRequest) -> str:
    name: str = request.param
    return name


@pytest.fixture
async def place(
    live: bool,
    provider: str,
    sandbox: SandboxServer,
    environment: Environment,
    pay: Callable[[Iterable[ProviderCalled]], None],
) -> AsyncIterator[Place[ChatCompletions]]:
    if live:
        environment = Environment()
    service = live_service("LLM") if live else {"base_url": sandbox.url, "model": "llama-4"}
    if live and provider == "openai_compatible" and "base_url" not in service:
        pytest.skip("BALTO_LIVE_LLM_URL is not set: no OpenAI-compatible service was tried")
    chosen = {"base_url": service["base_url"], "name": service["model"]} if provider == "openai_compatible" else {}
    made: list[ChatCompletions] = []

    def make(**call: object) -> ChatCompletions:
        settings = ModelSettings.model_validate({"provider": provider, "call": call, **chosen})
        model = make_chat_model(settings, environment)
        if model is None:
            pytest.skip("XAI_API_KEY is not set: the real xAI was not tried")
        made.append(model)
        return model

    yield Place(live, make, pay)
    for model in made:
        await model.aclose()


async def ask(
    place: Place[ChatCompletions], model: ChatCompletions, question: ChatRequest = QUESTION
) -> ChatAnswer | StageFailed:
    answer = await model.complete(question)
    place.pay(answer.calls)
    return answer


async def test_an_answer_of_the_schema_with_usage_and_cost(place: Place[ChatCompletions], provider: str) -> None:
    answer = await ask(place, place.make())
    assert isinstance(answer, ChatAnswer)
    assert json.loads(answer.text)["sku"] == "SKU-B2"
    assert answer.provider == provider
    (call,) = answer.calls
    assert (call.role, call.outcome, call.session_id, call.interaction_id) == ("llm", "ok", "s1", "i1")
    assert call.tokens_in
    assert call.tokens_out
    assert call.latency_ms > 0
    if provider == "xai":
        assert call.cost_usd > 0
        assert call.price_version


async def test_a_long_conversation_goes_through(place: Place[ChatCompletions]) -> None:
    long = "\n".join(f"atendente: está na prateleira {number}, senhora" for number in range(400))
    answer = await ask(place, place.make(), replace(QUESTION, user=f"{long}\n{QUESTION.user}"))
    assert isinstance(answer, ChatAnswer)
    assert answer.calls[0].tokens_in
    assert answer.calls[0].tokens_in > 1000


async def test_the_deadline_holds(place: Place[ChatCompletions], sandbox: SandboxServer) -> None:
    sandbox.behaviour.faults.script(Service.XAI_CHAT, [Fault.HANG])
    failure = await ask(place, place.make(), replace(QUESTION, budget_s=0.001 if place.live else 0.2))
    assert isinstance(failure, StageFailed)
    assert failure.category == Category.TIMEOUT


async def test_a_caller_may_leave(place: Place[ChatCompletions]) -> None:
    model = place.make()
    task = asyncio.create_task(model.complete(QUESTION))
    await asyncio.sleep(0.005)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert isinstance(await ask(place, model), ChatAnswer)


async def test_ten_at_a_time(place: Place[ChatCompletions]) -> None:
    model = place.make(max_concurrent=3, queue_limit_per_counter=10)
    answers = await asyncio.gather(*(ask(place, model) for _ in range(10)))
    assert all(isinstance(answer, ChatAnswer) for answer in answers)


@IN_THE_SANDBOX
@pytest.mark.parametrize(("fault", "category"), FAULTS, ids=lambda value: str(value))
async def test_every_fault_has_its_category_and_the_next_question_is_fine(
    place: Place[ChatCompletions], sandbox: SandboxServer, fault: Fault, category: Category
) -> None:
    patience_s = 1.5 if fault in (Fault.HANG, Fault.DRIBBLE) else 8.0
    model = place.make(attempts=1, attempt_timeout_s=patience_s, breaker_refused_open_s=0.01)
    sandbox.behaviour.faults.script(Service.XAI_CHAT, [fault])
    failure = await ask(place, model)
    assert isinstance(failure, StageFailed)
    assert failure.category == category
    assert [call.outcome for call in failure.calls] == [category]
    await asyncio.sleep(0.02)
    assert isinstance(await ask(place, model), ChatAnswer)


@IN_THE_SANDBOX
@pytest.mark.parametrize("fault", [Fault.BUSY, Fault.ERROR, Fault.CUT, Fault.MALFORMED])
async def test_what_may_pass_is_tried_again(
    place: Place[ChatCompletions], sandbox: SandboxServer, fault: Fault
) -> None:
    sandbox.behaviour.faults.script(Service.XAI_CHAT, [fault])
    answer = await ask(place, place.make())
    assert isinstance(answer, ChatAnswer)
    assert [call.outcome == "ok" for call in answer.calls] == [False, True]


@IN_THE_SANDBOX
async def test_nothing_listens_there(place: Place[ChatCompletions], sandbox: SandboxServer) -> None:
    model = place.make(attempts=1)
    await sandbox.stop()
    failure = await ask(place, model)
    assert isinstance(failure, StageFailed)
    assert failure.category == Category.TRANSIENT
