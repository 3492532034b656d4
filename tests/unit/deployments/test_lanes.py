"""Lanes against gate replicas that live, move, hang and die: every utterance is delivered, whole and once."""

import asyncio
import pickle
from dataclasses import dataclass, field
from typing import cast

import pytest

from configs.ingress import IngressSettings
from deployments.lane import CALLS_AT_ONCE, HANDED_OUT_AT_ONCE, LaneStream
from deployments.lanes import GateLanes
from deployments.wire import ReplyColumns, TickColumns, pack_replies, unpack_ticks
from pipeline.audio import AudioBuffer
from pipeline.stages import GateReply, SpeechSpan, StreamId, StreamOptions, StreamTick

pytestmark = pytest.mark.virtual_time

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


SCRIPT = "..ssss.ss....sss...s" * 3


async def test_streams_spread_over_replicas_and_stay_where_they_are() -> None:
    shop = Shop(replicas=2)
    for n in range(10):
        shop.connect(f"c{n}")
    assert shop.lanes.load == {"r0": 5, "r1": 5}
    await shop.play(SCRIPT)
    await shop.finish()
    assert all(spans == utterances(SCRIPT) for spans in shop.spans.values())
    assert all(len(replica.decided) == 5 for replica in shop.replicas.values())


async def test_one_call_per_replica_and_tick_carries_every_stream() -> None:
    shop = Shop(replicas=1)
    for n in range(50):
        shop.connect(f"c{n}")
    await shop.play("." * 20)
    assert len(shop.calls_bytes) <= 22
    await shop.finish()


async def test_new_replicas_get_streams_while_those_are_silent() -> None:
    shop = Shop(replicas=1)
    for n in range(12):
        shop.connect(f"c{n}")
    await shop.play("..ss")
    shop.scale_to("r0", "r1", "r2", "r3")
    await shop.play("ss")
    assert shop.lanes.load["r0"] == 12, "a speaking stream does not move"
    await shop.play("....." + SCRIPT)
    assert shop.lanes.load == {"r0": 3, "r1": 3, "r2": 3, "r3": 3}
    await shop.finish()
    assert all(spans == utterances("..ss" + "ss" + "....." + SCRIPT) for spans in shop.spans.values())


async def test_a_draining_replica_is_left_in_the_middle_of_speech_and_nothing_is_lost() -> None:
    shop = Shop(replicas=3)
    for n in range(9):
        shop.connect(f"c{n}")
    await shop.play("..sss")
    shop.scale_to("r1")
    await shop.play("ss....")
    await shop.finish()
    assert all(spans == [(2, 7)] for spans in shop.spans.values())


async def test_a_replica_killed_during_speech_loses_duplicates_and_cuts_nothing() -> None:
    shop = Shop(replicas=2)
    for n in range(6):
        shop.connect(f"c{n}")
    await shop.play("..ss....sss")
    shop.replicas["r0"].alive = False
    await shop.play("ss....ss")
    shop.scale_to("r1", "r2")
    await shop.play("....")
    await shop.finish()
    assert all(spans == [(2, 4), (8, 13), (17, 19)] for spans in shop.spans.values())


async def test_audio_waits_while_there_is_no_replica_at_all() -> None:
    shop = Shop(replicas=0)
    shop.connect("c0")
    await shop.play("..sss....")
    shop.scale_to("r0")
    await shop.finish()
    assert shop.spans["c0"] == [(2, 5)]


async def test_the_only_replica_is_tried_again_after_a_failure() -> None:
    shop = Shop(replicas=1)
    shop.connect("c0")
    await shop.play("..sss")
    shop.replicas["r0"].alive = False
    await shop.play("s...")
    shop.replicas["r0"] = ToyReplica()  # restarted: knows nothing
    await shop.play("...ss....")
    await shop.finish()
    assert shop.spans["c0"] == [(2, 6), (12, 14)]


async def test_a_replica_that_hangs_is_left_for_another() -> None:
    shop = Shop(replicas=2, gate_timeout_s=1.0)
    for n in range(4):
        shop.connect(f"c{n}")
    await shop.play("..ss")
    shop.replicas["r0"].hangs_s = 3600
    await shop.play("ss.....ss....")
    await shop.finish()
    assert all(spans == [(2, 6), (11, 13)] for spans in shop.spans.values())


async def test_a_replica_that_answers_late_is_sent_the_next_audio_meanwhile_within_bounds() -> None:
    shop = Shop(replicas=1)
    shop.replicas["r0"].hangs_s = 0.25  # longer than two steps of audio
    shop.connect("c0")
    await shop.play(SCRIPT)
    assert len(shop.spans["c0"]) >= len(utterances(SCRIPT)) - 2  # not behind: the last two are still open
    assert 1 < shop.replicas["r0"].most_under_way <= CALLS_AT_ONCE
    await shop.finish()
    assert shop.spans["c0"] == utterances(SCRIPT)


async def test_replies_that_overtook_a_lost_one_are_void_and_that_audio_is_decided_again() -> None:
    shop = Shop(replicas=1)
    shop.replicas["r0"].hangs_s = 0.25
    shop.connect("c0")
    await shop.play(SCRIPT[:7])
    shop.replicas["r0"].lose_replies = 1
    await shop.play(SCRIPT[7:])
    await shop.finish()
    assert shop.spans["c0"] == utterances(SCRIPT)


async def test_what_is_no_news_is_not_told() -> None:
    shop = Shop(replicas=1)
    shop.connect("c0")
    await shop.play("." * 50)
    assert len(shop.replies["c0"]) == pytest.approx(10, abs=1)  # the toy's replay point moves every half second
    await shop.play("ss....")
    await shop.finish()
    assert shop.spans["c0"] == [(50, 52)]


async def test_replies_that_arrive_together_are_handed_out_one_call_after_another() -> None:
    shop = Shop(replicas=1)
    for n in range(3 * HANDED_OUT_AT_ONCE):
        shop.connect(f"c{n}")
    *_, last = shop.audio
    await shop.play("..")
    shop.replicas["r0"].answers.clear()
    shop.hear({last: SPEECH + QUIET})
    await asyncio.sleep(0.1)
    shop.hear({last: QUIET + QUIET})  # an utterance has ended: told before the silence of all others
    await asyncio.sleep(0.1)
    shop.replicas["r0"].answers.set()
    await shop.finish()
    decided = [reply.decided_upto_sample for reply in shop.replies[last]]
    assert decided == sorted(decided)
    assert shop.spans[last] == [(2, 3)]


async def test_every_sample_is_decided_once_where_no_replica_failed() -> None:
    shop = Shop(replicas=1)
    shop.connect("c0")
    await shop.play(SCRIPT)
    await shop.finish()
    ranges = shop.replicas["r0"].decided["c0"]
    assert [start for start, _ in ranges[1:]] == [end for _, end in ranges[:-1]]
    assert ranges[-1][1] == len(SCRIPT) * TENTH


async def test_a_call_stays_under_the_size_limit_after_a_long_wait() -> None:
    shop = Shop(replicas=0, max_call_bytes=1 << 17)
    for n in range(4):
        shop.connect(f"c{n}")
    await shop.play("." * 100)
    shop.scale_to("r0")
    await shop.finish()
    assert max(shop.calls_bytes) <= 1 << 17
    assert all(sum(end - start for start, end in r) == 100 * TENTH for r in shop.replicas["r0"].decided.values())


async def test_a_stream_that_left_is_forgotten_by_its_replica() -> None:
    shop = Shop(replicas=1)
    shop.connect("c0")
    shop.connect("c1")
    await shop.play("...")
    shop.streams.pop("c0").close()
    shop.audio.pop("c0")
    await shop.play("...")
    assert set(shop.replicas["r0"].streams) == {"c1"}
    await shop.finish()


async def test_audio_that_has_piled_up_is_shared_fairly_and_caught_up() -> None:
    """Ten counters with 10 s each, in calls of 64 KiB: each is served once before any is served again."""
    shop = Shop(1, max_call_bytes=1 << 16)
    for number in range(10):
        shop.connect(f"c{number}")
    for stream_id, audio in shop.audio.items():
        audio.append(SPEECH * 90 + QUIET * 10)
        shop.streams[stream_id].notify()
    served: list[StreamId] = []
    step = shop.replicas["r0"].step

    async def noted(columns: TickColumns) -> ReplyColumns:
        served.extend(columns.stream_ids)
        return await step(columns)

    shop.replicas["r0"].step = noted  # type: ignore[method-assign]
    await asyncio.sleep(3)
    assert len(set(served[:10])) == 10
    assert not any(stream.delivery.due for stream in shop.streams.values())
    await shop.finish()
    assert all(spans == [(0, 90)] for spans in shop.spans.values())
