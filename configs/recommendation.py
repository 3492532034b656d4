"""Settings of the recommender: catalogue, rules, model, and when a conversation is put to it."""

from pathlib import Path

from pydantic import BaseModel, ConfigDict, Field

HERE = Path(__file__).parent


class ConversationSettings(BaseModel):
    """Where one customer's conversation ends and the next begins."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    quiet_s: float = Field(60.0, gt=0, description="no speech for this long: the next words open a new conversation")
    handover_quiet_s: float = Field(
        4.0, ge=0, description="after a goodbye, a greeting this much later opens a new conversation"
    )
    longest_s: float = Field(600.0, gt=0, description="what was said longer ago than this is let go")
    most_utterances: int = Field(80, ge=2, description="utterances kept; the oldest are let go first")


class AskingSettings(BaseModel):
    """When the recommender is asked: `pipeline/conversation/asking.py` names each reason."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    enough_words: int = Field(10, ge=1, description="this many words not yet asked about: ask at once")
    quiet_s: float = Field(2.0, ge=0, description="a pause this long after a sentence: ask")
    fewest_words: int = Field(
        3, ge=1, description="a pause after fewer words than this asks nothing, unless it answers"
    )


class RecommendationSettings(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)

    catalogue: Path = Field(
        HERE / "catalogue" / "inicial.csv", description="catalogue file, CSV (docs/recommendation.md)"
    )
    rules: Path = Field(HERE / "rules" / "regras.yaml", description="rule file; its lexicon lies beside it")
    max_items: int = Field(2, ge=1, le=3, description="products on one card")
    candidates: int = Field(12, ge=1, le=40, description="eligible products that the model may choose from")
    model_budget_share: float = Field(
        0.8, gt=0, le=1, description="share of the question's budget that the model gets; the rest is for the fallback"
    )
    conversation: ConversationSettings = ConversationSettings()
    asking: AskingSettings = AskingSettings()
