"""How an account at somebody else's service is used: how many at a time, how long, how stubbornly."""

from pathlib import Path

from pydantic import BaseModel, ConfigDict, Field

PRICES_FILE = Path(__file__).parent / "prices.yaml"


class CallSettings(BaseModel):
    """One account's limits. The deadline of each call comes with the request and is over all of these."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    max_concurrent: int = Field(8, ge=1, le=1000, description="calls at a time that the plan allows, to all replicas")
    queue_limit: int = Field(200, ge=1, description="calls that may wait for a turn; more fail as fila_cheia")
    queue_limit_per_counter: int = Field(4, ge=1, description="of which one counter may hold this many")
    attempts: int = Field(3, ge=1, le=10, description="attempts at one call, the first included")
    retry_budget: float = Field(10.0, ge=0, description="retries in hand; each success gives back `retry_refund`")
    retry_refund: float = Field(0.5, ge=0, le=10)
    connect_timeout_s: float = Field(2.5, gt=0)
    read_timeout_s: float = Field(8.0, gt=0, description="longest silence of the provider while we wait for its answer")
    attempt_timeout_s: float = Field(10.0, gt=0, description="longest one attempt may take, a dribbling body included")
    breaker_failures: int = Field(5, ge=1, description="failures in a row that open the breaker")
    breaker_open_s: float = Field(10.0, gt=0, description="before one call probes a provider that kept failing")
    breaker_refused_open_s: float = Field(60.0, gt=0, description="the same after a quota or credential error")
