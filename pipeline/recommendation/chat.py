"""Chat completions, `POST /v1/chat/completions`: xAI, and whatever else speaks it (Ollama, vLLM, Ray Serve LLM).

Stateless, so every question carries its whole prompt; the static part comes first because providers cache exact
prefixes, and xAI keeps a conversation on one cache by `x-grok-conv-id`. Facts: docs.x.ai (2026-11).
"""

import json
import logging
from typing import Any

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from configs.environment import Environment
from configs.model import ModelSettings
from configs.providers import PRICES_FILE
from pipeline.events import ProviderRole
from pipeline.providers.account import Account
from pipeline.providers.calls import Answered, Ask, Reply
from pipeline.providers.errors import AnswerUnreadable, CallRefused, Category
from pipeline.providers.prices import Usage, load_prices
from pipeline.providers.transport import JsonAnswer, open_client, post_json
from pipeline.recommendation.model import ChatAnswer, ChatRequest
from pipeline.stages import StageFailed

log = logging.getLogger(__name__)

TICKS_PER_USD = 1e10
CHARS_PER_TOKEN = 4.0  # for what a lost call may have cost, when the provider never said


class _Message(BaseModel):
    content: str | None = None
    refusal: str | None = None


class _Choice(BaseModel):
    message: _Message
    finish_reason: str | None = None


class _PromptDetails(BaseModel):
    cached_tokens: int | None = None


class _Usage(BaseModel):
    prompt_tokens: int | None = None
    completion_tokens: int | None = None
    prompt_tokens_details: _PromptDetails | None = None
    cost_in_usd_ticks: int | None = None


class _Completion(BaseModel):
    model_config = ConfigDict(extra="ignore")

    id: str | None = None
    model: str | None = None
    choices: list[_Choice] = Field(min_length=1)
    usage: _Usage = _Usage()


def make_chat_model(settings: ModelSettings, environment: Environment) -> "ChatCompletions | None":
    """The chat model as configured, or None: switched off, or xAI without a key. `aclose()` it at the end."""
    if settings.provider == "none":
        return None
    if settings.provider == "xai":
        key = environment.xai_api_key.get_secret_value() if environment.xai_api_key else ""
        return ChatCompletions(settings, environment.xai_base_url, key) if key else None
    key = environment.llm_api_key.get_secret_value() if environment.llm_api_key else ""
    return ChatCompletions(settings, settings.base_url, key)


class ChatCompletions:
    """Implements `pipeline.recommendation.model.ChatModel`."""

    def __init__(self, settings: ModelSettings, base_url: str, api_key: str, account: Account | None = None) -> None:
        self._settings = settings
        self._provider: str = settings.provider
        self.account = account or Account(
            self._provider, ProviderRole.RECOMMENDER, settings.call, load_prices(PRICES_FILE)
        )
        headers = {"Authorization": f"Bearer {api_key}"} if api_key else {}
        self._client = open_client(base_url, settings.call, headers)

    async def complete(self, request: ChatRequest) -> ChatAnswer | StageFailed:
        ask = Ask(
            turn=request.session_id,
            budget_s=request.budget_s,
            model=self._settings.name,
            usage=Usage(tokens_in=round(len(request.system + request.user) / CHARS_PER_TOKEN)),
            session_id=request.session_id,
            interaction_id=request.interaction_id,
        )
        answer = await self.account.call(lambda: self._attempt(request), ask)
        if not isinstance(answer, Answered):
            return answer
        return ChatAnswer(text=answer.value, model=answer.model, provider=self._provider, calls=answer.calls)

    async def aclose(self) -> None:
        await self._client.aclose()

    async def _attempt(self, request: ChatRequest) -> Reply[str]:
        headers = {"x-grok-conv-id": request.conversation_id} if self._provider == "xai" else None
        answer = await post_json(self._client, "/v1/chat/completions", self._body(request), headers)
        self._check_retention(answer)
        completion = _completion(answer)
        if completion.model and completion.model != self._settings.name:
            log.info("asked for model %s, answered by %s", self._settings.name, completion.model)
        return Reply(
            value=_json_text(completion.choices[0], answer),
            model=completion.model or self._settings.name,
            usage=_usage(completion.usage),
            http_status=answer.http_status,
            request_id=answer.request_id or completion.id,
        )

    def _body(self, request: ChatRequest) -> dict[str, Any]:
        settings = self._settings
        body: dict[str, Any] = {
            "model": settings.name,
            "messages": [
                {"role": "system", "content": request.system},
                {"role": "user", "content": request.user},
            ],
            "response_format": {
                "type": "json_schema",
                "json_schema": {"name": request.schema_name, "strict": True, "schema": request.json_schema},
            },
            "temperature": settings.temperature,
        }
        if self._provider == "xai":
            body["max_completion_tokens"] = settings.max_answer_tokens
            if settings.reasoning_effort is not None:
                body["reasoning_effort"] = settings.reasoning_effort
        else:
            body["max_tokens"] = settings.max_answer_tokens  # what local servers still call it
        return body

    def _check_retention(self, answer: JsonAnswer) -> None:
        kept = answer.headers.get("x-zero-data-retention", "").lower() != "true"
        if kept and self._settings.require_zero_retention:
            raise CallRefused(
                Category.AUTH,
                "the answer does not carry x-zero-data-retention, and model.require_zero_retention is on",
                http_status=answer.http_status,
                request_id=answer.request_id,
                billed=True,
            )


def _completion(answer: JsonAnswer) -> _Completion:
    try:
        return _Completion.model_validate(answer.body)
    except ValidationError as error:
        raise _unreadable("not a chat completion", answer) from error


def _json_text(choice: _Choice, answer: JsonAnswer) -> str:
    """The message, known to be one JSON object; whether it is the right one is the caller's to say."""
    text = choice.message.content
    if choice.finish_reason == "length" or not text:
        raise _unreadable("the answer was cut short or empty", answer)
    try:
        whole = isinstance(json.loads(text), dict)
    except ValueError:
        whole = False
    if not whole:
        raise _unreadable("the answer is not a JSON object", answer)
    return text


def _unreadable(message: str, answer: JsonAnswer) -> AnswerUnreadable:
    return AnswerUnreadable(
        Category.MALFORMED, message, http_status=answer.http_status, request_id=answer.request_id, billed=True
    )


def _usage(usage: _Usage) -> Usage:
    details = usage.prompt_tokens_details
    stated = usage.cost_in_usd_ticks
    return Usage(
        tokens_in=usage.prompt_tokens,
        tokens_cached=details.cached_tokens if details else None,
        tokens_out=usage.completion_tokens,
        stated_usd=stated / TICKS_PER_USD if stated is not None else None,
    )
