"""Settings of the gate."""

from typing import Literal

from pydantic import BaseModel, ConfigDict, Field


class GateSettings(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)

    engine: Literal["webrtc", "silero", "cascade"] = "cascade"
    energy_threshold: int = Field(300, ge=0, le=32767)
    pre_roll_ms: int = Field(300, ge=0, le=2000)
    closing_silence_ms: int = Field(600, ge=100, le=5000)
    longest_utterance_s: float = Field(15.0, ge=2.0, le=60.0)
