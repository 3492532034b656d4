"""What the gate did with a recording, step by step, for people who tune it by eye."""

from dataclasses import dataclass
from typing import Any

import numpy as np

from configs.gate import GateSettings
from pipeline.audio import seconds
from pipeline.gate.engine import Engine
from pipeline.gate.engines import make_engine
from pipeline.gate.evidence import Heard, Voice
from pipeline.gate.grid import FRAME_SAMPLES, Counts, Doubles, Flags, Pcm, Rows
from pipeline.gate.host import BatchedGateHost
from pipeline.gate.level import dbfs, frame_powers, frames_of
from pipeline.gate.streaming import StreamingGate
from pipeline.stages import SpeechSpan


class TracedEngine:
    """Any engine for one stream, with a record of what it heard."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self.levels: list[float] = []
        self.floors: list[float] = []
        self.heard: list[Heard] = []

    def __getattr__(self, name: str) -> Any:
        return getattr(self._engine, name)

    def hear(self, rows: Rows, starts: Counts, pcm: Pcm, holding: Flags, leading: Flags) -> dict[int, list[Heard]]:
        told = self._engine.hear(rows, starts, pcm, holding, leading)
        levels = dbfs(frame_powers(frames_of(pcm)))[0].tolist()
        self.levels += levels
        self.floors += [self._engine.floor_dbfs(int(rows[0]))] * len(levels)
        self.heard += told.get(0, ())
        return told


@dataclass(frozen=True, slots=True)
class Trace:
    """Levels are per 20 ms frame and free of DC; `voiced` holds the (start, end) seconds of verdicts for voice."""

    spans: tuple[SpeechSpan, ...]
    level_dbfs: Doubles
    floor_dbfs: Doubles
    voiced: tuple[tuple[float, float], ...]
    received_s: float
    frame_s: float = seconds(FRAME_SAMPLES)

    @property
    def forwarded_s(self) -> float:
        """Audio that two spans share is sent, and paid for, twice."""
        return seconds(sum(span.end_sample - span.start_sample for span in self.spans))

    @property
    def discarded_s(self) -> float:
        return max(0.0, self.received_s - self.forwarded_s)


def trace(pcm: bytes, settings: GateSettings) -> Trace:
    """Run the gate over one recording (16 kHz 16-bit mono PCM)."""
    plain = make_engine(settings)
    engine, step = TracedEngine(plain), plain.step_samples
    gate = StreamingGate(BatchedGateHost(settings, engine))
    spans = gate.spans(pcm, final=True)
    frames = len(pcm) // 2 // FRAME_SAMPLES  # without the padding of the last quantum
    return Trace(
        spans=spans,
        level_dbfs=np.array(engine.levels[:frames]),
        floor_dbfs=np.array(engine.floors[:frames]),
        voiced=tuple(
            ((h.end_sample - step) / 16_000, h.end_sample / 16_000) for h in engine.heard if h.voice >= Voice.HOLDS
        ),
        received_s=seconds(len(pcm) // 2),
    )
