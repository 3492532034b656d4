"""The arguments of the graph, as `serve_config.yaml` gives them."""

from pydantic import BaseModel, ConfigDict

from configs.budget import BudgetSettings
from configs.gate import GateSettings
from configs.ingress import IngressSettings
from configs.model import ModelSettings
from configs.recommendation import RecommendationSettings
from configs.record import RecordSettings
from configs.transcription import TranscriptionSettings


class ApplicationSettings(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)

    ingress: IngressSettings = IngressSettings()
    gate: GateSettings = GateSettings()
    transcription: TranscriptionSettings = TranscriptionSettings()
    recommendation: RecommendationSettings = RecommendationSettings()
    model: ModelSettings = ModelSettings()
    budget: BudgetSettings = BudgetSettings()
    record: RecordSettings = RecordSettings()
