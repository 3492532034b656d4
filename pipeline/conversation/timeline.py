"""One utterance's way from the last word to the card; every millisecond has an owner."""

from collections.abc import Sequence
from dataclasses import dataclass

from pipeline.events import LatencyBreakdown, ProviderCalled


@dataclass(slots=True)
class Timeline:
    """Points in time on one monotonic clock, in seconds, as they are reached."""

    closing_silence_s: float  # last voiced sample -> the sample at which the gate closed the utterance
    closed_at: float  # when that sample was received
    delivered_at: float  # when the gate's decision reached the conversation
    transcribed_at: float | None = None
    asked_at: float | None = None
    decided_at: float | None = None
    recorded_at: float | None = None
    written_at: float | None = None
    provider_s: float = 0.0

    def add_provider_time(self, calls: Sequence[ProviderCalled]) -> None:
        self.provider_s += sum(call.latency_ms for call in calls) / 1000

    def breakdown(self) -> LatencyBreakdown:
        end = self.written_at
        return LatencyBreakdown(
            closing_silence_ms=self.closing_silence_s * 1000,
            gate_tick_ms=_ms(self.closed_at, self.delivered_at),
            transcription_ms=_ms(self.delivered_at, self.transcribed_at),
            ask_wait_ms=_ms(self.transcribed_at, self.asked_at),
            recommendation_ms=_ms(self.asked_at, self.decided_at),
            record_ms=_ms(self.decided_at, self.recorded_at),
            write_ms=_ms(self.recorded_at, end),
            total_ms=None if end is None else (end - self.closed_at + self.closing_silence_s) * 1000,
            own_ms=None if end is None else max(0.0, end - self.delivered_at - self.provider_s) * 1000,
        )


def _ms(start: float | None, end: float | None) -> float | None:
    return None if start is None or end is None else (end - start) * 1000
