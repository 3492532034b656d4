"""A gate that is easily foretold, on replicas that live, hang and die, and counters that play scripts to it."""

import asyncio
import pickle
from dataclasses import dataclass, field
from typing import cast

from configs.ingress import IngressSettings
from deployments.lane import LaneStream
from deployments.lanes import GateLanes
from deployments.wire import ReplyColumns, TickColumns, pack_replies, unpack_ticks
from pipeline.audio import AudioBuffer
from pipeline.stages import GateReply, SpeechSpan, StreamId, StreamOptions, StreamTick

SPEECH, QUIET = b"\1\0" * 1600, b"\0\0" * 1600  # 100 ms
TENTH = 1600


def arrived(columns: TickColumns) -> TickColumns:
    return cast(TickColumns, pickle.loads(pickle.dumps(columns, pickle.HIGHEST_PROTOCOL)))


@dataclass
class ToyStream:
    """Speech is a chunk of ones; three quiet chunks close an utterance.

    Replays from the open utterance's start, or from the last half second.
    """

    next_sample: int
    delivered_upto: int
    told: tuple[int, int | None] | None = None
    open_since: int | None = None
    quiet: int = 0
    spans: list[SpeechSpan] = field(default_factory=list)

    def hear(self, pcm: bytes | memoryview) -> None:
        for at in range(0, len(pcm), 3200):
            self._chunk(pcm[at : at + 3200])

    def _chunk(self, chunk: bytes | memoryview) -> None:
        start, self.next_sample = self.next_sample, self.next_sample + len(chunk) // 2
        if chunk == SPEECH:
            self.open_since, self.quiet = start if self.open_since is None else self.open_since, 0
        elif self.open_since is not None:
            self.quiet += 1
            if self.quiet == 3:
                self._close()

    def _close(self) -> None:
        assert self.open_since is not None
        end = self.next_sample - self.quiet * TENTH
        if end > self.delivered_upto:
            self.spans.append(SpeechSpan(self.open_since, end, end, self.next_sample))
        self.open_since = None

    def reply(self, stream_id: StreamId) -> GateReply:
        spans, self.spans = tuple(self.spans), []
        half_second = self.next_sample // (5 * TENTH) * 5 * TENTH
        replay, since = half_second if self.open_since is None else self.open_since, self.open_since
        news = bool(spans) or since is not None or self.told != (replay, since)
        memory = None if self.told and self.told[0] == replay else b"known"
        self.told = (replay, since)
        return GateReply(stream_id, True, self.next_sample, replay, spans, since, memory=memory, news=news)


class ToyReplica:
    def __init__(self) -> None:
        self.streams: dict[StreamId, ToyStream] = {}
        self.decided: dict[StreamId, list[tuple[int, int]]] = {}
        self.alive = True
        self.hangs_s = 0.0
        self.under_way = self.most_under_way = 0
        self.lose_replies = 0  # of the next calls
        self.answers = asyncio.Event()
        self.answers.set()

    async def step(self, columns: TickColumns) -> ReplyColumns:
        self.under_way += 1
        self.most_under_way = max(self.most_under_way, self.under_way)
        try:
            return await self._step(columns)
        finally:
            self.under_way -= 1

    async def _step(self, columns: TickColumns) -> ReplyColumns:
        for stream_id in columns.forget:
            self.streams.pop(stream_id, None)
        if not self.alive:
            raise ConnectionError("replica died")
        replies = [self._one(tick) for tick in unpack_ticks(arrived(columns))]
        await asyncio.sleep(0.005 + self.hangs_s)
        await self.answers.wait()
        if self.lose_replies:
            self.lose_replies -= 1
            raise ConnectionError("consumed, but the reply was lost")
        return pack_replies(replies)

    def _one(self, tick: StreamTick) -> GateReply:
        if tick.opening is not None:
            self.streams[tick.stream_id] = ToyStream(tick.start_sample, tick.opening.delivered_upto_sample)
        stream = self.streams.get(tick.stream_id)
        if stream is None or stream.next_sample != tick.start_sample:
            return GateReply(tick.stream_id, known=False)
        self.decided.setdefault(tick.stream_id, []).append((tick.start_sample, tick.start_sample + len(tick.pcm) // 2))
        stream.hear(tick.pcm)
        if tick.final and stream.open_since is not None:
            stream._close()
        return stream.reply(tick.stream_id)


class Shop:
    """Some counters on some replicas, and a ledger of what each counter's gate said."""

    def __init__(self, replicas: int, **settings: float) -> None:
        self.replicas = {f"r{n}": ToyReplica() for n in range(replicas)}
        self.lanes = GateLanes(self._step, IngressSettings(**settings))  # type: ignore[arg-type]
        self.lanes.update(frozenset(self.replicas))
        self.audio: dict[StreamId, AudioBuffer] = {}
        self.streams: dict[StreamId, LaneStream] = {}
        self.spans: dict[StreamId, list[tuple[int, int]]] = {}
        self.replies: dict[StreamId, list[GateReply]] = {}
        self.calls_bytes: list[int] = []

    async def _step(self, replica_id: str, columns: TickColumns) -> ReplyColumns:
        self.calls_bytes.append(sum(columns.sizes))
        return await self.replicas[replica_id].step(columns)

    def connect(self, stream_id: StreamId) -> None:
        audio = self.audio[stream_id] = AudioBuffer()
        spans: list[tuple[int, int]] = []
        replies: list[GateReply] = []
        self.spans[stream_id], self.replies[stream_id] = spans, replies

        def deliver(reply: GateReply) -> None:
            replies.append(reply)
            spans.extend((span.start_sample // TENTH, span.end_sample // TENTH) for span in reply.spans)
            audio.release_before(reply.replay_from_sample)

        self.streams[stream_id] = self.lanes.open(stream_id, audio, StreamOptions(), deliver)

    async def play(self, script: str) -> None:
        """Every counter sends the same: `s` is 100 ms of speech, `.` of quiet."""
        for letter in script:
            self.hear(dict.fromkeys(self.audio, SPEECH if letter == "s" else QUIET))
            await asyncio.sleep(0.1)

    def hear(self, sounds: dict[StreamId, bytes]) -> None:
        """What each counter sends at once; the others are quiet."""
        for stream_id, audio in self.audio.items():
            audio.append(sounds.get(stream_id, QUIET))
            self.streams[stream_id].notify()

    async def finish(self) -> None:
        async with asyncio.timeout(60):
            await asyncio.gather(*(stream.finish() for stream in self.streams.values()))
        await self.lanes.close()

    def scale_to(self, *names: str) -> None:
        for name in names:
            self.replicas.setdefault(name, ToyReplica())
        self.lanes.update(frozenset(names))


def utterances(script: str) -> list[tuple[int, int]]:
    """What one undisturbed gate would deliver."""
    stream = ToyStream(0, 0)
    for letter in script:
        stream.hear(SPEECH if letter == "s" else QUIET)
    if stream.open_since is not None:
        stream._close()
    return [(span.start_sample // TENTH, span.end_sample // TENTH) for span in stream.spans]
