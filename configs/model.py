"""Settings of the chat model behind the recommender."""

from typing import Literal

from pydantic import BaseModel, ConfigDict, Field

from configs.providers import CallSettings


class ModelSettings(BaseModel):
    """`xai` takes its key from XAI_API_KEY and its address from XAI_BASE_URL.

    `openai_compatible` is any `/v1/chat/completions` (Ollama, vLLM, Ray Serve LLM); its key, if any, in
    BALTO_LLM_API_KEY.
    `none` leaves the catalogue recommender alone.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    provider: Literal["xai", "openai_compatible", "none"] = "xai"
    name: str = "grok-4.3"
    base_url: str = Field("http://127.0.0.1:11434", description="of an openai_compatible endpoint, without /v1")
    reasoning_effort: Literal["none", "low", "medium", "high", "xhigh"] | None = Field(
        "none", description="sent to xAI only; null leaves it out"
    )
    max_answer_tokens: int = Field(500, ge=16, le=8000)
    temperature: float = Field(0.0, ge=0, le=2)
    require_zero_retention: bool = Field(
        False, description="refuse answers that do not carry x-zero-data-retention: true (a team setting at xAI)"
    )
    call: CallSettings = CallSettings(max_concurrent=32, attempts=2, attempt_timeout_s=8.0)
