"""How long after it was due each 100 ms of audio was decided by the gate: a histogram, kept per ingress replica.

A counter's first audio sets its clock: what comes later was due that much later, whenever it arrived. Audio that is
decided again, after a move or a crash, was in time the first time.
"""

from pipeline.audio import SAMPLE_RATE_HZ

PIECE_SAMPLES = 1600
LONGEST_MS = 5000  # the last bin takes everything above


class LagHistogram:
    """Counts by whole milliseconds."""

    __slots__ = ("counts",)

    def __init__(self) -> None:
        self.counts = [0] * (LONGEST_MS + 1)

    def add(self, start_sample: int, end_sample: int, began_s: float, now_s: float) -> None:
        """Audio [start, end) of a stream whose first sample was due at `began_s` has been decided now."""
        for sample in range(start_sample, end_sample, PIECE_SAMPLES):
            lag_ms = int((now_s - began_s - sample / SAMPLE_RATE_HZ) * 1000)
            self.counts[min(max(lag_ms, 0), LONGEST_MS)] += 1
