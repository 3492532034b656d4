"""Settings of the gate."""

from typing import Literal

from pydantic import BaseModel, ConfigDict, Field


class GateSettings(BaseModel):
    """What is heard and what is paid for. `docs/gate.md` says what each one trades."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    engine: Literal["webrtc", "silero", "cascade"] = "cascade"
    energy_threshold: int = Field(
        300, ge=0, le=32767, description="VAD_ENERGY_THRESHOLD: raise it in a noisy shop, lower it when voices are cut"
    )
    pre_roll_ms: int = Field(300, ge=0, le=2000, description="audio forwarded before the first voiced frame")
    closing_silence_ms: int = Field(600, ge=100, le=5000, description="silence after which an utterance is over")
    quick_closing_silence_ms: int = Field(
        400,
        ge=100,
        le=5000,
        description="the same when nothing says that it goes on; for a counter's own, in proportion",
    )
    quick_from_voice_ms: int = Field(500, ge=0, le=5000, description="with less voice than this, never quickly")
    trailing_pad_ms: int = Field(240, ge=0, le=5000, description="of that silence, how much is forwarded")
    shortest_utterance_ms: int = Field(60, ge=0, le=2000, description="less voice than this is not an utterance")
    longest_utterance_s: float = Field(15.0, ge=2.0, le=60.0, description="a longer one is cut and continued")
    overlap_ms: int = Field(200, ge=0, le=1000, description="audio shared by the two sides of such a cut")
