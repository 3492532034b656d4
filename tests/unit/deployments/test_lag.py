"""Lateness is judged by when audio was due, not by when it came."""

from deployments.lag import LONGEST_MS, LagHistogram


def lags(histogram: LagHistogram) -> dict[int, int]:
    return {ms: count for ms, count in enumerate(histogram.counts) if count}


def test_each_100_ms_has_its_own_due_time() -> None:
    histogram = LagHistogram()
    histogram.add(0, 4800, began_s=10.0, now_s=10.2505)
    assert lags(histogram) == {250: 1, 150: 1, 50: 1}


def test_audio_that_came_early_is_not_late_and_the_longest_bin_takes_the_rest() -> None:
    histogram = LagHistogram()
    histogram.add(16_000, 17_600, began_s=10.0, now_s=10.2)
    histogram.add(0, 1600, began_s=10.0, now_s=99.0)
    assert lags(histogram) == {0: 1, LONGEST_MS: 1}
