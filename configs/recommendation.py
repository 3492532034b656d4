"""Settings of the recommender: catalogue, rules, model."""

from pydantic import BaseModel, ConfigDict


class RecommendationSettings(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)
