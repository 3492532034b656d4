"""What a client may spend on providers in a day, and how the service degrades before it is spent."""

from pydantic import BaseModel, ConfigDict, Field


class BudgetSettings(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)

    daily_usd_per_client: float | None = Field(None, gt=0, description="null: no limit")
    catalogue_from: float = Field(
        0.8,
        gt=0,
        le=1,
        description="share of the budget from which the catalogue recommender answers, without the model",
    )
    refresh_s: float = Field(
        15.0, gt=0, description="how often each ingress replica asks the record what the clients have spent"
    )
    timezone: str = Field("America/Sao_Paulo", description="whose midnight begins a day")
