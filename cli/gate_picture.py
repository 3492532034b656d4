"""The picture that `balto gate` draws, in the language of the shop."""

from pathlib import Path

import matplotlib

matplotlib.use("Agg")  # there may be no display

import matplotlib.pyplot as plt
import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import Patch

from pipeline.audio import SAMPLE_RATE_HZ, seconds
from pipeline.gate.trace import Trace
from pipeline.record.report.numbers import in_brazilian, named

FORWARDED, VOICE, LEVEL, FLOOR, WAVE = "#2a9d8f", "#e9a23b", "#264653", "#c1440e", "#8a99a6"
FORWARDED_ALPHA = 0.22
DOTS_ACROSS = 4000
INCHES, RATIOS = (14.0, 5.5), (1.0, 1.4)
QUIETEST_DBFS = -90.0
SMALLEST_SAMPLES, SMALLEST_DB = 100, 20  # silence is drawn as silence, not as its rounding
VOICE_BELOW_DB, VOICE_HEIGHT_DB = 6, 3


def draw(pcm: bytes, trace: Trace, title: str, to: Path) -> None:
    """Waveform above, levels and voice below, forwarded spans through both; written as `to`'s ending says."""
    figure, (wave, level) = plt.subplots(2, 1, sharex=True, figsize=INCHES, height_ratios=RATIOS, layout="constrained")
    try:
        _waveform(wave, pcm)
        _levels(level, trace)
        _forwarded((wave, level), trace)
        level.set_xlim(0, max(trace.received_s, trace.frame_s))
        wave.set_title(f"{title}: {in_words(trace)}", loc="left", parse_math=False)
        _legend(figure, level)
        figure.savefig(to, dpi=110)
    finally:
        plt.close(figure)


def in_words(trace: Trace) -> str:
    """What became of a recording."""
    share = trace.forwarded_s / trace.received_s if trace.received_s else 0.0
    spans = len(trace.spans)
    return (
        f"{in_brazilian(trace.received_s, 1)} s recebidos, {in_brazilian(trace.forwarded_s, 1)} s enviados "
        f"({in_brazilian(100 * share, 0)} %), {spans} {named(spans, 'trecho', 'trechos')}"
    )


def _forwarded(both: tuple[Axes, Axes], trace: Trace) -> None:
    """Behind the rest, so that colours are those of the legend inside it too."""
    for axes in both:
        for span in trace.spans:
            first, last = seconds(span.start_sample), seconds(span.end_sample)
            axes.axvspan(first, last, color=FORWARDED, alpha=FORWARDED_ALPHA, zorder=0)


def _legend(figure: Figure, level: Axes) -> None:
    """Outside: it would lie on the loudest speech."""
    handles, _ = level.get_legend_handles_labels()
    spans = Patch(color=FORWARDED, alpha=FORWARDED_ALPHA, label="enviado")
    figure.legend(handles=[*handles, spans], loc="outside lower right", ncols=4)


def _waveform(axes: Axes, pcm: bytes) -> None:
    """Extremes of as many stretches as there are dots: a line through every sample would take forever."""
    x = np.frombuffer(pcm, "<i2").astype(np.float64)
    width = max(1, len(x) // DOTS_ACROSS)
    blocks = x[: len(x) // width * width].reshape(-1, width)
    at = np.arange(len(blocks)) * width / SAMPLE_RATE_HZ
    axes.fill_between(at, blocks.min(axis=1), blocks.max(axis=1), color=WAVE, linewidth=0)
    axes.set_ylim(min(float(x.min()), -SMALLEST_SAMPLES) * 1.1, max(float(x.max()), SMALLEST_SAMPLES) * 1.1)
    axes.set_ylabel("amostra")


def _levels(axes: Axes, trace: Trace) -> None:
    at = np.arange(len(trace.level_dbfs)) * trace.frame_s
    axes.plot(at, trace.level_dbfs, color=LEVEL, linewidth=0.7, label="nível")
    axes.plot(at, trace.floor_dbfs, color=FLOOR, linewidth=1.3, label="ruído de fundo")
    drawn = np.concatenate((trace.level_dbfs, trace.floor_dbfs))
    lowest = float(drawn.min()) if drawn.size else QUIETEST_DBFS
    bar = (lowest - VOICE_BELOW_DB, VOICE_HEIGHT_DB)
    axes.broken_barh([(start, end - start) for start, end in trace.voiced], bar, color=VOICE, label="voz")
    axes.set_ylim(
        bar[0] - VOICE_HEIGHT_DB, max(float(drawn.max(initial=lowest)), lowest + SMALLEST_DB) + VOICE_HEIGHT_DB
    )
    axes.set_ylabel("nível, dBFS")
    axes.set_xlabel("segundos")
