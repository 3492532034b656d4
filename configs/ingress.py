"""Settings of the WebSocket ingress and of a counter's conversation. Every timer of the path is named here."""

from pydantic import BaseModel, ConfigDict, Field


class ConversationSettings(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)

    utterance_deadline_s: float = Field(
        12.0, gt=0, le=60, description="closed utterance to text; past it the utterance is dropped as expirada"
    )
    recommendation_deadline_s: float = Field(8.0, gt=0, le=60, description="question to verdict")
    max_pending_utterances: int = Field(4, ge=1, le=64, description="more wait for text than this: expirada at once")
    finish_timeout_s: float = Field(6.0, gt=0, le=60, description="time an ending session has for what is under way")
    max_ahead_s: float = Field(30.0, gt=0, description="audio faster than real time: more than this ahead closes 1008")
    max_held_s: float = Field(60.0, ge=20, description="audio kept for replay and open utterances, per counter")
    account_every_s: float = Field(60.0, gt=0, description="quiet audio is accounted for at least this often")
    settle_after_ms: int | None = Field(
        100,
        ge=0,
        le=5000,
        description="realtime transcription is asked for the text so far at a pause of this length; null: at the end",
    )
    settle_least_ms: int = Field(1500, ge=0, le=15_000, description="audio that such a text takes, pre-roll included")
    speculate: bool = Field(
        False, description="ask for text and verdict at a likely end: sooner, and paid for when the voice goes on"
    )
    speculate_after_ms: int = Field(200, ge=0, le=5000, description="a pause of this length is a likely end")


class IngressSettings(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)

    auth_timeout_s: float = Field(5.0, gt=0, description="a key must arrive within this time; else 4001")
    tick_ms: int = Field(50, ge=20, le=500, description="how often whole steps of 100 ms go to the gate replicas")
    gate_timeout_s: float = Field(3.0, gt=0, description="a gate call without an answer for this long has failed")
    max_call_bytes: int = Field(1 << 20, ge=1 << 16, le=3 << 20, description="audio in one gate call")
    live_most_parts: int = Field(2000, ge=1, description="pieces of open speech waiting for a realtime transcriber")
    max_counters: int = Field(1500, ge=1, description="counters that one ingress replica admits; more close with 4002")
    max_message_bytes: int = Field(1 << 20, ge=1024, description="one WebSocket message; larger closes with 1009")
    send_timeout_s: float = Field(5.0, gt=0, description="a counter that does not take a card for this long is gone")
    left_calls_timeout_s: float = Field(
        3.0, ge=0, le=30, description="at a drain, for provider calls that nobody waits for any more: their cost"
    )
    drain_timeout_s: float = Field(10.0, gt=0, description="open utterances may finish this long before 1012")
    conversation: ConversationSettings = ConversationSettings()
