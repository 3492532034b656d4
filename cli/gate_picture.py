"""The picture that `balto gate` draws."""

from pathlib import Path

import matplotlib

matplotlib.use("Agg")  # there may be no display

import matplotlib.pyplot as plt
import numpy as np
from matplotlib.axes import Axes

from pipeline.audio import SAMPLE_RATE_HZ, seconds
from pipeline.gate.trace import Trace

FORWARDED, VOICE, LEVEL, FLOOR, WAVE = "#2a9d8f", "#e9a23b", "#264653", "#c1440e", "#8a99a6"
DOTS_ACROSS = 4000
INCHES, RATIOS = (14.0, 5.5), (1.0, 1.4)


def draw(pcm: bytes, trace: Trace, title: str, to: Path) -> None:
    """Waveform above, levels and voice below, forwarded spans through both; written as `to`'s ending says."""
    figure, (wave, level) = plt.subplots(
        2, 1, sharex=True, figsize=INCHES, height_ratios=(1, 1.4), layout="constrained"
    )
    try:
        _waveform(wave, pcm)
        _levels(level, trace)
        for axes in (wave, level):
            for i, span in enumerate(trace.spans):
                label = "forwarded" if i == 0 and axes is level else None
                first, last = seconds(span.start_sample), seconds(span.end_sample)
                axes.axvspan(first, last, color=FORWARDED, alpha=0.22, label=label)
        share = trace.forwarded_s / trace.received_s if trace.received_s else 0.0
        wave.set_title(
            f"{title}: {trace.received_s:.1f} s received, {trace.forwarded_s:.1f} s forwarded ({share:.0%}), "
            f"{len(trace.spans)} utterances",
            loc="left",
        )
        level.legend(loc="upper right", ncols=4)
        figure.savefig(to, dpi=110)
    finally:
        plt.close(figure)


def _waveform(axes: Axes, pcm: bytes) -> None:
    """Extremes of as many stretches as there are dots: a line through every sample would take forever."""
    x = np.frombuffer(pcm, "<i2").astype(np.float64)
    width = max(1, len(x) // DOTS_ACROSS)
    blocks = x[: len(x) // width * width].reshape(-1, width)
    at = np.arange(len(blocks)) * width / SAMPLE_RATE_HZ
    axes.fill_between(at, blocks.min(axis=1), blocks.max(axis=1), color=WAVE, linewidth=0)
    axes.set_ylabel("sample")
    axes.margins(x=0)


def _levels(axes: Axes, trace: Trace) -> None:
    at = np.arange(len(trace.level_dbfs)) * trace.frame_s
    axes.plot(at, trace.level_dbfs, color=LEVEL, linewidth=0.7, label="level")
    axes.plot(at, trace.floor_dbfs, color=FLOOR, linewidth=1.3, label="noise floor")
    lowest = float(trace.level_dbfs.min(initial=-90)) - 4
    stretches = [(start, end - start) for start, end in trace.voiced]
    axes.broken_barh(stretches, (lowest, 3), color=VOICE, label="voice")
    axes.set_ylabel("dBFS")
    axes.set_xlabel("seconds")
