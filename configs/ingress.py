"""Settings of the WebSocket ingress and of a counter's conversation."""

from pydantic import BaseModel, ConfigDict, Field


class IngressSettings(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)

    auth_timeout_s: float = Field(5.0, gt=0, description="a key must arrive within this time")
    tick_ms: int = Field(100, ge=20, le=500, description="how often audio goes to the gate replicas")
    max_counters: int = Field(
        2000, ge=1, description="counters that one ingress replica admits; more are closed with 4002"
    )
    utterance_deadline_s: float = Field(12.0, gt=0, description="an utterance older than this is dropped as expirada")
