"""What a gate replica runs: many streams advanced together, one quantum at a time, in the order of the signal path.

audio of a tick -> whole quanta -> DC removal -> engine (voice, level) -> segmenter -> spans
"""

import math
from collections.abc import Sequence

import numpy as np

from configs.gate import GateSettings
from pipeline.audio import SAMPLE_RATE_HZ, samples_from_ms
from pipeline.gate.dc import HIGHEST, LOWEST, Offsets
from pipeline.gate.engine import Engine
from pipeline.gate.engines import make_engine
from pipeline.gate.grid import EPOCH_SAMPLES, FULL_SCALE, QUANTUM_SAMPLES, Pcm
from pipeline.gate.replay import Memory, unpack
from pipeline.gate.stream import QUANTUM_BYTES, Stream
from pipeline.gate.timing import Timing
from pipeline.gate.utterance import Utterance
from pipeline.stages import GateReply, SpeechSpan, StreamId, StreamOpening, StreamOptions, StreamTick

FIRST_ROWS = 16
NEUTRAL_THRESHOLD = 300


def make_host(settings: GateSettings, energy_threshold: int | None = None) -> "BatchedGateHost":
    """A host with the engine that `settings` names. `energy_threshold` (the environment's) goes before `settings`'."""
    if energy_threshold is not None:
        settings = settings.model_copy(update={"energy_threshold": energy_threshold})
    return BatchedGateHost(settings, make_engine(settings))


def timing_for(settings: GateSettings, options: StreamOptions, engine: Engine) -> Timing:
    """The segmenter's timers for one counter."""
    closing_ms = settings.closing_silence_ms if options.closing_silence_ms is None else options.closing_silence_ms
    quick_ms = min(settings.quick_closing_silence_ms * closing_ms / settings.closing_silence_ms, closing_ms)
    if not engine.tells_pauses:
        quick_ms = closing_ms
    pre_roll_ms = settings.pre_roll_ms if options.pre_roll_ms is None else options.pre_roll_ms
    return Timing(
        step=engine.step_samples,
        votes=engine.votes,
        of=engine.votes_of,
        holds=engine.holds,
        holds_of=engine.holds_of,
        pre_roll=samples_from_ms(pre_roll_ms) + engine.onset_lag_samples,
        closing_silence=samples_from_ms(closing_ms),
        quick_closing=samples_from_ms(quick_ms),
        quick_from=samples_from_ms(settings.quick_from_voice_ms),
        trailing_pad=samples_from_ms(min(closing_ms, settings.trailing_pad_ms)),
        shortest=samples_from_ms(settings.shortest_utterance_ms),
        longest=round(settings.longest_utterance_s * SAMPLE_RATE_HZ),
        overlap=samples_from_ms(settings.overlap_ms),
        look_back=engine.look_back_samples,
    )


def threshold_shift_db(energy_threshold: int) -> float:
    """VAD_ENERGY_THRESHOLD as dB above its neutral value; 0 and 1 are the most generous there is."""
    return 20 * math.log10(max(energy_threshold, 1) / NEUTRAL_THRESHOLD)


def count_clipping(streams: Sequence[Stream], pcm: Pcm) -> None:
    at_full_scale: list[int] = ((pcm == HIGHEST) | (pcm == LOWEST)).sum(axis=1).tolist()
    for stream, samples in zip(streams, at_full_scale, strict=True):
        stream.clipped += samples


class BatchedGateHost:
    """Implements `pipeline.stages.GateHost`."""

    def __init__(self, settings: GateSettings, engine: Engine) -> None:
        self._settings = settings
        self.energy_threshold = settings.energy_threshold
        self._engine = engine
        self._offsets = Offsets()
        self._streams: dict[StreamId, Stream] = {}
        self._free: list[int] = []
        self._capacity = 0

    @property
    def streams(self) -> int:
        return len(self._streams)

    def step(self, ticks: Sequence[StreamTick]) -> list[GateReply]:
        admitted = [self._admit(tick) for tick in ticks]
        ready = [stream for stream in dict.fromkeys(admitted) if stream]
        while ready := [stream for stream in ready if len(stream.pending) >= QUANTUM_BYTES]:
            self._advance(ready)
        for tick, stream in zip(ticks, admitted, strict=True):
            if tick.final and stream:
                self._finish(stream)
        replies = [
            stream.reply(tick.stream_id) if stream else GateReply(tick.stream_id, known=False)
            for tick, stream in zip(ticks, admitted, strict=True)
        ]
        self.forget([tick.stream_id for tick in ticks if tick.final])
        return replies

    def forget(self, stream_ids: Sequence[StreamId]) -> None:
        for stream_id in stream_ids:
            if stream := self._streams.pop(stream_id, None):
                self._engine.close(stream.row)
                self._free.append(stream.row)

    def _admit(self, tick: StreamTick) -> Stream | None:
        """The stream, with the tick's audio appended; None when it is not held here or audio is missing."""
        if tick.opening is not None:
            self.forget([tick.stream_id])
            self._streams[tick.stream_id] = self._open(tick.start_sample, tick.opening)
        stream = self._streams.get(tick.stream_id)
        return stream if stream and stream.accept(tick.start_sample, tick.pcm) else None

    def _open(self, origin: int, opening: StreamOpening) -> Stream:
        if not self._free:
            self._grow()
        row, engine, options = self._free.pop(), self._engine, opening.options
        timing = timing_for(self._settings, options, engine)
        threshold = self.energy_threshold if options.energy_threshold is None else options.energy_threshold
        memory = unpack(opening.memory)
        offset, *known, patience = memory.numbers if memory else (None, 0)
        engine.open(row, origin, threshold_shift_db(threshold), known or None)
        self._offsets.open(row, offset)
        patience = int(patience) if 0 <= patience <= timing.closing_silence else 0
        stream = Stream(row, origin, timing, patience, opening.delivered_upto_sample, memory, options.followed)
        if memory and memory.inside:
            engine.go_on(row, stream.lead_until, memory.inside)
        return stream

    def _grow(self) -> None:
        before, self._capacity = self._capacity, max(FIRST_ROWS, 2 * self._capacity)
        self._engine.reserve(self._capacity)
        self._offsets.reserve(self._capacity)
        self._free.extend(range(self._capacity - 1, before - 1, -1))

    def _advance(self, streams: list[Stream]) -> None:
        """One quantum of each."""
        rows, starts = [stream.row for stream in streams], [stream.consumed for stream in streams]
        raw = np.frombuffer(b"".join([stream.take() for stream in streams]), "<i2").reshape(len(streams), -1)
        lowest, highest = int(raw.min()), int(raw.max())
        if highest == HIGHEST or lowest == LOWEST:
            count_clipping(streams, raw)
        heard = self._engine.hear(
            np.array(rows),
            np.array(starts),
            self._offsets.remove(rows, raw, lowest, highest),
            holding=np.array([stream.segmenter.open for stream in streams]),
            leading=np.array([start < stream.lead_until for start, stream in zip(starts, streams, strict=True)]),
        )
        for place, stream in enumerate(streams):
            if place in heard or stream.segmenter.busy:
                for utterance in stream.hear(heard.get(place, ())):
                    stream.deliver(self._span(stream, utterance))
            if stream.checkpoints.at_epoch(stream.consumed):
                self._end_epoch(stream)

    def _end_epoch(self, stream: Stream) -> None:
        row, end, engine, segmenter = stream.row, stream.consumed, self._engine, stream.segmenter
        numbers = [self._offsets.value(row), *engine.memory(row), segmenter.patience]
        if stream.may_restart:
            inside = b"" if engine.restart(row) else engine.inside(row, end)
            stream.checkpoints.restarted(end)
            stream.checkpoints.put(end, Memory(numbers, inside))
            segmenter.forget_before(end - EPOCH_SAMPLES)
        elif stream.checkpoints.midst_due(end):
            stream.checkpoints.put(end, Memory(numbers, engine.inside(row, end), segmenter.memory()))
        stream.checkpoints.epoch(numbers)

    def _finish(self, stream: Stream) -> None:
        """The last, partial quantum, padded with the stream's own offset, then whatever is open."""
        end = stream.end_sample
        if missing := QUANTUM_SAMPLES - len(stream.pending) // 2:
            offset = round(min(max(self._offsets.value(stream.row), LOWEST), HIGHEST))
            stream.pending = b"".join((stream.pending, np.full(missing, offset, "<i2").tobytes()))
        self._advance([stream])
        if last := stream.segmenter.flush(end):
            stream.deliver(self._span(stream, last))
        stream.end_at(end)

    def _span(self, stream: Stream, said: Utterance) -> SpeechSpan:
        noise_dbfs, clipped = self._engine.floor_dbfs(stream.row), stream.clipped
        stream.clipped = 0
        return SpeechSpan(
            start_sample=said.start_sample,
            end_sample=said.end_sample,
            speech_end_sample=said.speech_end_sample,
            closed_at_sample=stream.consumed,
            continues=said.continues,
            noise_dbfs=noise_dbfs,
            speech_dbfs=said.speech_dbfs,
            snr_db=said.speech_dbfs - noise_dbfs,
            clipped_fraction=min(1.0, clipped / max(1, said.end_sample - said.start_sample)),
            dc_offset=self._offsets.value(stream.row) / FULL_SCALE,
            engine=self._settings.engine,
        )
