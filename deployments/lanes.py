"""Lanes: all audio bound for one gate replica, in one call per tick.

A call per chunk and stream dies at about 120 streams; one call per tick carries a thousand. Streams are pinned to a
replica while it lives. When replicas come, streams move to them, each while it is silent; when one goes, or does not
answer, its streams are sent to another from their replay point (see pipeline.delivery).
"""

import asyncio
from collections.abc import Callable

from configs.ingress import IngressSettings
from deployments.lag import LagHistogram
from deployments.lane import Lane, LaneStream, Step
from deployments.membership import ReplicaIds
from pipeline.audio import AudioBuffer
from pipeline.delivery import Delivery
from pipeline.stages import GateReply, StreamId, StreamOptions


class GateLanes:
    """Every counter of this ingress replica on the gate's replicas. Implements pipeline.stages.Gate."""

    def __init__(self, step: Step, settings: IngressSettings) -> None:
        self._step = step
        self._settings = settings
        self.lag = LagHistogram()
        self._lanes: dict[str, Lane] = {}
        self._waiting: dict[LaneStream, None] = {}  # no replica is there to take them
        self._closing: set[asyncio.Task[None]] = set()

    @property
    def replicas(self) -> int:
        return len(self._lanes)

    @property
    def load(self) -> dict[str, int]:
        """Streams by replica id."""
        return {replica_id: len(lane.streams) for replica_id, lane in self._lanes.items()}

    def open(
        self, stream_id: StreamId, audio: AudioBuffer, options: StreamOptions, deliver: Callable[[GateReply], None]
    ) -> LaneStream:
        stream = LaneStream(self, Delivery(stream_id, audio, options), stream_id, deliver)
        self._place(stream)
        return stream

    def leave(self, stream: LaneStream, told: bool = False) -> None:
        """The stream has ended; its replica is told, unless the last tick did."""
        self._waiting.pop(stream, None)
        if stream.lane is not None:
            stream.lane.part(stream, forget=not told)

    def update(self, replicas: ReplicaIds) -> None:
        """Serve's word on which replicas there are: leave those that are going, spread over those that came."""
        for replica_id in replicas - self._lanes.keys():
            self._lanes[replica_id] = Lane(replica_id, self._step, self._settings, self)
        for replica_id in self._lanes.keys() - replicas:
            self._retire(self._lanes.pop(replica_id))
        for stream in list(self._waiting):
            self._place(stream)

    def failed(self, lane: Lane) -> None:
        """A call failed: move the lane's streams to others; with no other replica they stay and it is tried again."""
        if len(self._lanes) > 1 and lane.replica_id in self._lanes:
            for stream in list(lane.streams):
                lane.part(stream, forget=True)
                self._place(stream, avoid=lane)

    def level(self, lane: Lane) -> None:
        """Even out: move silent streams from a lane that has clearly more than the emptiest one."""
        emptiest = min(self._lanes.values(), key=lambda other: len(other.streams), default=lane)
        surplus = (len(lane.streams) - len(emptiest.streams)) // 2
        if surplus < 1 or lane.replica_id not in self._lanes:
            return
        silent = [stream for stream in lane.streams if not stream.delivery.speaking and not stream.finishing]
        for stream in silent[:surplus]:
            lane.part(stream, forget=True)
            emptiest.join(stream)

    async def close(self) -> None:
        lanes, self._lanes = list(self._lanes.values()), {}
        for lane in lanes:
            await lane.close()
        if self._closing:
            await asyncio.wait(self._closing)

    def _place(self, stream: LaneStream, avoid: Lane | None = None) -> None:
        lanes = [lane for lane in self._lanes.values() if lane is not avoid]
        if not lanes:
            self._waiting[stream] = None
            return
        self._waiting.pop(stream, None)
        min(lanes, key=lambda lane: len(lane.streams)).join(stream)

    def _retire(self, lane: Lane) -> None:
        for stream in list(lane.streams):
            lane.part(stream, forget=False)
            self._place(stream)
        task = asyncio.create_task(lane.close(), name=f"closing lane {lane.replica_id}")
        self._closing.add(task)
        task.add_done_callback(self._closing.discard)
