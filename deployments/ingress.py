"""The ingress: counters' WebSockets and the HTTP pages. Holds the conversations; asks the other stages."""

import asyncio
import contextvars
import logging
import sys
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from functools import partial
from typing import Any

from fastapi import FastAPI
from ray import serve
from ray.serve.handle import DeploymentHandle

from configs.application import ApplicationSettings
from configs.environment import Environment
from deployments.analysts import add_query_route
from deployments.collection import keep_collections_short
from deployments.desk import Desk
from deployments.handles import GateHandle, RecommenderHandle, RecorderHandle, TranscriberHandle, by_value, call
from deployments.lanes import GateLanes
from deployments.live import LiveSpeech
from deployments.membership import membership
from deployments.pages import add_routes
from deployments.retirement import stopping
from pipeline.alarm import Alarm
from pipeline.conversation.context import ConversationContext
from pipeline.conversation.conversation import Stages
from pipeline.events import ProviderCalled
from pipeline.ids import new_id
from pipeline.providers.budget import BudgetedListening, BudgetedRecommender, BudgetedTranscriber, DailyBudget
from pipeline.providers.left_calls import LeftCalls, SeenThroughRecommender, SeenThroughTranscriber
from pipeline.providers.policy import operator_alerts
from pipeline.providers.spending import follow_record
from pipeline.record.courier import Courier
from pipeline.record.spool import Spool
from pipeline.stages import Recorder

logger = logging.getLogger(__name__)

Handle = DeploymentHandle[Any]

# The thread that syncs the spool, for which a card waits, needs Python three times a sync: at the default, 5 ms, a busy
# loop makes it wait for each.
SWITCH_INTERVAL_S = 0.0005


class IngressReplica:
    def __init__(
        self, settings: ApplicationSettings, gate: Handle, transcriber: Handle, recommender: Handle, recorder: Handle
    ) -> None:
        self._settings = settings
        self._handles = {"gate": gate, "transcriber": transcriber, "recommender": recommender, "recorder": recorder}
        self._replica_id = serve.get_replica_context().replica_id.unique_id
        self._draining: asyncio.Task[None] | None = None

    async def __serve_build_asgi_app__(self) -> FastAPI:
        sys.setswitchinterval(SWITCH_INTERVAL_S)
        environment = Environment()
        self._recorder = RecorderHandle(self._handles["recorder"])
        self._gate = GateHandle(self._handles["gate"])
        self._lanes = GateLanes(self._gate.step, self._settings.ingress)
        self._courier = self._make_courier(environment)
        self._transcriber = TranscriberHandle(self._handles["transcriber"])
        self._recommender = RecommenderHandle(self._handles["recommender"])
        recorder = Alarm(self._courier)
        self._live = self._make_live_speech(recorder)
        budget = self._budget = DailyBudget(self._settings.budget, lambda alert: recorder.note([alert]))
        self._left = LeftCalls(recorder.note)
        stages = Stages(
            self._lanes,
            SeenThroughTranscriber(BudgetedTranscriber(self._transcriber, budget), self._left),
            SeenThroughRecommender(BudgetedRecommender(self._recommender, budget), self._left),
            recorder,
            BudgetedListening(self._live, budget) if self._live else None,
        )
        new_context = partial(ConversationContext, self._settings.recommendation)
        self._desk = Desk(stages, self._recorder, new_context, self._settings.ingress, self._replica_id)
        app = FastAPI(title="Balto", lifespan=self._lifespan)
        add_query_route(app, environment, self._settings.record)
        add_routes(app, self._desk, self._recorder, self._checks(), environment)
        return app

    async def drain(self) -> None:
        """Stop admitting, see every counter off, hand over what was recorded; safe to ask twice."""
        if self._draining is None:
            self._draining = asyncio.create_task(self._leave(), name="draining", context=contextvars.Context())
        await asyncio.shield(self._draining)

    async def _leave(self) -> None:
        await self._desk.drain()
        await self._left.settle(self._settings.ingress.left_calls_timeout_s)
        await self._lanes.close()
        if self._live:
            await self._live.close()
        await self._courier.aclose()

    async def _drain_when_stopped(self) -> None:
        await stopping(self._replica_id)
        await self.drain()

    @asynccontextmanager
    async def _lifespan(self, app: FastAPI) -> AsyncIterator[None]:
        membership.watch("gate", self._gate.update)
        membership.watch("gate", self._lanes.update)
        membership.watch("transcriber", self._transcriber.update)
        membership.watch("recommender", self._recommender.update)
        tasks = [
            asyncio.create_task(self._meet_the_gate(), name="meeting the gate"),
            asyncio.create_task(self._drain_when_stopped(), name="watching for retirement"),
            asyncio.create_task(keep_collections_short(lambda: self._desk.ended), name="collections"),
        ]
        if self._settings.budget.daily_usd_per_client is not None:
            following = follow_record(self._budget, self._recorder.spent_since, self._settings.budget.refresh_s)
            tasks.append(asyncio.create_task(following, name="following the record of spending"))
        try:
            yield
        finally:
            for task in tasks:
                task.cancel()
            await self.drain()

    async def _meet_the_gate(self) -> None:
        """A handle learns of its replicas, and tells `membership`, once it is first used."""
        while True:
            try:
                async with asyncio.timeout(30):
                    await call(by_value(self._handles["gate"]).ready)
                return
            except Exception as error:  # its replicas are still starting, in whatever way
                logger.info("the gate is not there yet: %s", type(error).__name__)
                await asyncio.sleep(0.5)

    async def ready(self) -> bool:
        return True

    async def measurements(self) -> dict[str, Any]:
        """What a load test reads: counters here, streams by gate replica, how late audio was decided (1 ms bins)."""
        return {
            "replica": self._replica_id,
            "counters": self._desk.counters,
            "gate_streams": self._lanes.load,
            "lag_counts": self._lanes.lag.counts,
        }

    def _make_courier(self, environment: Environment) -> Courier:
        record = self._settings.record
        spool = Spool(
            environment.data_dir / "spool",
            f"ingress-{self._replica_id}-{new_id()}",
            segment_bytes=record.spool_segment_bytes,
            cache_bytes=record.spool_cache_bytes,
        )
        return Courier(spool, self._recorder.commit, record)

    def _make_live_speech(self, recorder: Recorder) -> LiveSpeech | None:
        settings = self._settings.ingress
        if self._settings.transcription.mode == "batch":
            return None

        def note(calls: Sequence[ProviderCalled]) -> None:
            recorder.note([*calls, *operator_alerts(calls)])

        return LiveSpeech(self._transcriber.hear, note, settings.live_most_parts, settings.gate_timeout_s)

    def _checks(self) -> dict[str, Callable[[], Awaitable[object]]]:
        async def gate() -> bool:
            return self._lanes.replicas > 0

        others = {
            stage: partial(call, by_value(self._handles[stage]).ready)
            for stage in ("transcriber", "recommender", "recorder")
        }
        return {"gate": gate, **others}
