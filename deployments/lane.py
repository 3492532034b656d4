"""One lane: the audio bound for one gate replica, many streams in a call, several calls under way."""

import asyncio
import contextvars
import logging
from collections.abc import Awaitable, Callable
from contextlib import suppress
from itertools import islice
from typing import TYPE_CHECKING

from configs.ingress import IngressSettings
from deployments.wire import ReplyColumns, TickColumns, pack_ticks, unpack_replies
from pipeline.audio import SAMPLE_BYTES
from pipeline.delivery import STEP_SAMPLES, Delivery
from pipeline.stages import GateReply, StreamId, StreamTick

if TYPE_CHECKING:
    from deployments.lanes import GateLanes

logger = logging.getLogger(__name__)

STEP_BYTES = STEP_SAMPLES * SAMPLE_BYTES
LEAST_SHARE_BYTES = 3 * STEP_BYTES  # of one stream in one tick: more than it receives meanwhile
CALLS_AT_ONCE = 4  # enough for what piled up to be caught up with, not enough to time out

HANDED_OUT_AT_ONCE = 64  # replies: a millisecond's work, as long as others on the loop wait

Step = Callable[[str, TickColumns], Awaitable[ReplyColumns]]  # (replica id, tick) -> replies
Sent = tuple["LaneStream", StreamTick, int, int]  # a stream's audio, its end, how often the stream had been rewound


class LaneStream:
    """One counter's audio on its way to whichever replica has it. Implements pipeline.stages.GateStream."""

    __slots__ = (
        "_began_s",
        "_deliver",
        "_finished",
        "_heard_upto",
        "_lanes",
        "delivery",
        "finishing",
        "lane",
        "stream_id",
    )

    def __init__(
        self, lanes: "GateLanes", delivery: Delivery, stream_id: StreamId, deliver: Callable[[GateReply], None]
    ):
        self._lanes = lanes
        self._deliver = deliver
        self.stream_id = stream_id
        self.delivery = delivery
        self.lane: Lane | None = None
        self.finishing = False
        self._began_s = 0.0  # when the first audio came
        self._heard_upto = 0  # a replica has taken every sample before
        self._finished = asyncio.Event()

    def notify(self) -> None:
        if not self._began_s:
            self._began_s = asyncio.get_running_loop().time()
        if self.lane is not None and (self.delivery.due or self.finishing):
            self.lane.dirty[self] = None

    async def finish(self) -> None:
        self.finishing = True
        self.notify()
        await self._finished.wait()

    def close(self) -> None:
        self._finished.set()
        self._lanes.leave(self)

    def take(self, tick: StreamTick, end_sample: int, reply: GateReply | None, now_s: float) -> None:
        """`reply` None: the gate has heard the tick's audio, up to `end_sample`, and there is no news."""
        if reply is not None:
            reply = self.delivery.take(reply)
            if reply is None:
                self.notify()
                return
        start_sample, heard_upto = tick.start_sample, self._heard_upto
        if end_sample > heard_upto:
            first = start_sample if start_sample > heard_upto else heard_upto
            self._lanes.lag.add(first, end_sample, self._began_s, now_s)
            self._heard_upto = end_sample
        if reply is not None:
            self._deliver(reply)
        if tick.final:
            self._finished.set()
            self._lanes.leave(self, told=True)


class Lane:
    """The streams of one replica, and the task that carries them."""

    def __init__(self, replica_id: str, step: Step, settings: IngressSettings, lanes: "GateLanes") -> None:
        self.replica_id = replica_id
        self._step = step
        self._settings = settings
        self._lanes = lanes
        self.streams: dict[LaneStream, None] = {}
        self.dirty: dict[LaneStream, None] = {}  # have audio to send, in the order they asked
        self._forget: list[StreamId] = []
        self._calls: set[asyncio.Task[None]] = set()  # under way
        self._handing_out = asyncio.Lock()
        # An empty context: calls made in a request's context share its id, and the router then spins on them.
        self._task = asyncio.create_task(self._run(), name=f"lane {replica_id}", context=contextvars.Context())

    def join(self, stream: LaneStream) -> None:
        stream.lane = self
        stream.delivery.rewind()
        self.streams[stream] = None
        self.dirty[stream] = None

    def part(self, stream: LaneStream, forget: bool) -> None:
        self.streams.pop(stream, None)
        self.dirty.pop(stream, None)
        stream.lane = None
        if forget:
            self._forget.append(stream.stream_id)

    async def close(self) -> None:
        self._task.cancel()
        with suppress(asyncio.CancelledError):
            await self._task
        if self._calls:
            await asyncio.wait(self._calls)

    async def _run(self) -> None:
        loop, period_s = asyncio.get_running_loop(), self._settings.tick_ms / 1000
        due = loop.time()
        try:
            while True:
                due = max(due + period_s, loop.time() - period_s)
                self._tick()
                if len(self._calls) >= CALLS_AT_ONCE:
                    await asyncio.wait(self._calls, return_when=asyncio.FIRST_COMPLETED)
                await asyncio.sleep(max(0.0, due - loop.time()))
        finally:
            for call in self._calls:
                call.cancel()

    def _tick(self) -> None:
        """What is due goes while earlier calls are still under way: the gate computes one while others travel.

        A stream may be in several calls. They arrive in order; where they do not, the gate answers that it misses
        audio, and it is sent again. What is due beyond `CALLS_AT_ONCE` waits here, not in the gate's queue: there it
        would time out.
        """
        waiting = len(self.dirty)
        share = CALLS_AT_ONCE * self._settings.max_call_bytes // max(1, waiting) // STEP_BYTES * STEP_BYTES
        while (waiting or self._forget) and len(self._calls) < CALLS_AT_ONCE:
            batch = self._next_batch(waiting, max(LEAST_SHARE_BYTES, share))
            waiting -= len(batch)
            forget, self._forget = self._forget, []
            call = asyncio.create_task(self._carry(batch, forget), name=f"tick for {self.replica_id}")
            self._calls.add(call)
            call.add_done_callback(self._answered)
        self._lanes.level(self)

    def _answered(self, call: asyncio.Task[None]) -> None:
        self._calls.discard(call)
        if not call.cancelled() and (error := call.exception()):  # a replica can fail in as many ways as Ray can
            logger.warning("gate replica %s did not answer: %s", self.replica_id, type(error).__name__)
            self._lanes.failed(self)

    async def _carry(self, batch: list[Sent], forget: list[StreamId]) -> None:
        columns = pack_ticks([tick for _, tick, _, _ in batch], forget)
        try:
            async with asyncio.timeout(self._settings.gate_timeout_s):
                replies = await self._step(self.replica_id, columns)
        except BaseException:
            for stream, _, _, rewinds in batch:
                if stream.lane is self and stream.delivery.rewinds == rewinds:
                    stream.delivery.rewind()  # whether the replica consumed it is not known
                    stream.notify()
            raise
        answered = zip(batch, unpack_replies(columns.stream_ids, replies), strict=True)
        await self._hand_out(sorted(answered, key=_without_utterance))

    async def _hand_out(self, answered: list[tuple[Sent, GateReply | None]]) -> None:
        """An utterance that has ended does not wait for the other streams, nor does a card that is on its way."""
        async with self._handing_out:  # one call's replies after another's
            for first in range(0, len(answered), HANDED_OUT_AT_ONCE):
                now_s = asyncio.get_running_loop().time()
                for (stream, tick, end_sample, rewinds), reply in answered[first : first + HANDED_OUT_AT_ONCE]:
                    if stream.lane is self and stream.delivery.rewinds == rewinds:
                        stream.take(tick, end_sample, reply, now_s)
                await asyncio.sleep(0)

    def _next_batch(self, most_streams: int, share_bytes: int) -> list[Sent]:
        """What is due of the first streams, in one call of at most `max_call_bytes`.

        A gate advances many streams together much faster than one stream far: when audio has piled up each stream
        sends a fair share and the rest later, so that calls stay wide and a gate behind catches up. The share grows
        as streams get fewer: ticks that take long must carry more than what came meanwhile.
        """
        batch: list[Sent] = []
        room = self._settings.max_call_bytes
        for stream in list(islice(self.dirty, most_streams)):
            del self.dirty[stream]
            delivery, finishing = stream.delivery, stream.finishing
            tick = delivery.next_tick(min(share_bytes, room // STEP_BYTES * STEP_BYTES), finishing)
            if delivery.due or (finishing and not tick.final):
                self.dirty[stream] = None
            # The end is told while the audio is at hand: once its reply comes no cache holds it.
            batch.append((stream, tick, tick.end_sample, delivery.rewinds))
            room -= len(tick.pcm)
            if room < STEP_BYTES:
                break
        return batch


def _without_utterance(answered: tuple[Sent, GateReply | None]) -> bool:
    reply = answered[1]
    return reply is None or not reply.spans
