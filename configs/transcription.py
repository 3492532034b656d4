"""Settings of the speech-to-text client."""

from pydantic import BaseModel, ConfigDict


class TranscriptionSettings(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)
