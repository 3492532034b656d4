"""How long after it was due each 100 ms of audio was decided by the gate: a histogram, kept per ingress replica.

A counter's first audio sets its clock: what comes later was due that much later, whenever it arrived. Audio that is
decided again, after a move or a crash, was in time the first time.
"""

from pipeline.audio import SAMPLE_RATE_HZ

PIECE_SAMPLES = 1600
SAMPLES_PER_MS = SAMPLE_RATE_HZ / 1000
LONGEST_MS = 5000  # the last bin takes everything above


class LagHistogram:
    """Counts by whole milliseconds."""

    __slots__ = ("counts",)

    def __init__(self) -> None:
        self.counts = [0] * (LONGEST_MS + 1)

    def add(self, start_sample: int, end_sample: int, began_s: float, now_s: float) -> None:
        """Audio [start, end) of a stream whose first sample was due at `began_s` has been decided now."""
        since_began_ms = (now_s - began_s) * 1000
        for sample in range(start_sample, end_sample, PIECE_SAMPLES):
            lag_ms = int(since_began_ms - sample / SAMPLES_PER_MS)
            if lag_ms < 0:
                lag_ms = 0
            elif lag_ms > LONGEST_MS:
                lag_ms = LONGEST_MS
            self.counts[lag_ms] += 1
