"""The text side of a connected counter: utterances in, questions to the recommender, cards out."""

import asyncio
import logging
from collections.abc import Awaitable, Callable
from contextlib import suppress
from typing import Any

from configs.ingress import ConversationSettings
from pipeline import protocol
from pipeline.conversation.answer import Question, answered, quoted
from pipeline.conversation.context import ConversationContext
from pipeline.conversation.timeline import Timeline
from pipeline.events import Shown
from pipeline.ids import new_id
from pipeline.providers.errors import Category
from pipeline.record.errors import RecordError
from pipeline.stages import (
    Counter,
    Heard,
    RecommendationRequest,
    Recommender,
    Recorder,
    Refer,
    StageFailed,
    Suggest,
    Suggestion,
    Verdict,
)

logger = logging.getLogger(__name__)


class CounterGone(Exception):
    """The counter's socket no longer takes messages."""


Send = Callable[[dict[str, Any]], Awaitable[None]]  # raises CounterGone


class Attending:
    """Asks the recommender when the asking policy says so, one question at a time.

    A card is written to the counter only after its row is durable. A referral is shown once per conversation and
    reason. `finish` answers what is due and ends; `close` ends at once.
    """

    def __init__(
        self,
        session_id: str,
        counter: Counter,
        version: int,
        context: ConversationContext,
        recommender: Recommender,
        recorder: Recorder,
        send: Send,
        settings: ConversationSettings,
        now_s: Callable[[], float],
    ) -> None:
        self._session_id = session_id
        self._counter = counter
        self._version = version
        self._context = context
        self._recommender = recommender
        self._recorder = recorder
        self._send = send
        self._settings = settings
        self._now_s = now_s
        self._heard_more = asyncio.Event()
        self._asker: asyncio.Task[None] | None = None
        self._last: tuple[Heard, Timeline] | None = None
        self._referred: set[tuple[str, str]] = set()  # (conversation, reason)
        self._closed = False

    @property
    def conversation_id(self) -> str:
        return self._context.conversation_id

    def hear(self, heard: Heard, timeline: Timeline) -> None:
        self._context.hear(heard)
        if self._closed:
            return
        self._last = (heard, timeline)
        self._heard_more.set()
        if self._asker is None or self._asker.done():
            self._asker = asyncio.create_task(self._ask_while_due(), name=f"asking {self._session_id}")

    async def finish(self) -> None:
        """Let the question under way be answered; what is waiting for quiet is asked now."""
        if self._asker and not self._asker.done():
            if self._last and self._context.due_in(float("inf")) is not None:
                self._heard_more.set()
            await asyncio.wait([self._asker])

    async def close(self) -> None:
        """Ask nothing more; a question under way is given up."""
        self._closed = True
        if self._asker:
            self._asker.cancel()
            with suppress(asyncio.CancelledError):
                await self._asker

    async def _ask_while_due(self) -> None:
        while (wait_s := self._context.due_in(self._now_s())) is not None:
            if wait_s > 0:
                self._heard_more.clear()
                with suppress(TimeoutError):
                    async with asyncio.timeout(wait_s):
                        await self._heard_more.wait()
                continue
            await self._ask()

    async def _ask(self) -> None:
        if self._last is None:
            return
        heard, timeline = self._last
        self._context.asked(self._now_s())
        timeline.asked_at = asyncio.get_running_loop().time()
        question = Question(self._request(self._context), heard, timeline)
        verdict = await self._verdict(question.request)
        timeline.decided_at = asyncio.get_running_loop().time()
        timeline.add_provider_time(verdict.calls if isinstance(verdict, StageFailed) else verdict.basis.calls)
        await self._conclude(question, verdict)

    def foresee(self, heard: Heard) -> RecommendationRequest | None:
        """The question that hearing this would raise at once, if any."""
        ahead = None if self._closed else self._context.foresee(heard)
        if ahead is None or ahead.due_in(self._now_s()) != 0.0:
            return None
        return self._request(ahead)

    def _request(self, context: ConversationContext) -> RecommendationRequest:
        return RecommendationRequest(
            session_id=self._session_id,
            interaction_id=new_id(),
            balcao_id=self._counter.balcao_id,
            cliente_codigo=self._counter.cliente_codigo,
            conversation_id=context.conversation_id,
            heard=context.heard,
            shown_skus=context.shown_skus,
            budget_s=self._settings.recommendation_deadline_s,
        )

    async def _verdict(self, request: RecommendationRequest) -> Verdict | StageFailed:
        try:
            async with asyncio.timeout(request.budget_s + 1.0):
                return await self._recommender.recommend(request)
        except TimeoutError:
            return StageFailed(category=Category.TIMEOUT, message="o recomendador não respondeu a tempo")

    async def _conclude(self, question: Question, verdict: Verdict | StageFailed) -> None:
        """Record, then show, then record that it was shown."""
        message, shown = self._message(question, verdict)
        try:
            await self._recorder.record(answered(question, verdict, shown))
        except RecordError as error:  # what cannot be recorded is not shown
            logger.error("a card was held back: %s", error)
            return
        loop_time = asyncio.get_running_loop().time
        question.timeline.recorded_at = loop_time()
        if message is None:
            return
        try:
            await self._send(message)
        except CounterGone:
            return
        question.timeline.written_at = loop_time()
        self._context.shown([item.sku for item in shown])
        interaction_id = question.request.interaction_id
        self._recorder.note(
            [Shown(interaction_id=interaction_id, session_id=self._session_id, latency=question.timeline.breakdown())]
        )

    def _message(
        self, question: Question, verdict: Verdict | StageFailed
    ) -> tuple[dict[str, Any] | None, tuple[Suggestion, ...]]:
        """What the counter is told, and the items it holds. Version 1 knows one product per message and no alerts."""
        interaction_id = question.request.interaction_id
        if isinstance(verdict, Suggest):
            best = verdict.items[0]
            message = protocol.recomendar(
                interaction_id=interaction_id,
                produto=best.produto,
                explicacao=best.explicacao,
                transcricao_base=quoted(best.evidence),
            )
            return message, (best,)
        if isinstance(verdict, Refer) and self._first_referral(question.request.conversation_id, verdict.reason):
            return protocol.alerta(
                interaction_id=interaction_id,
                motivo=verdict.reason,
                mensagem=verdict.message,
                transcricao_base=quoted(verdict.evidence),
            ), ()
        return None, ()

    def _first_referral(self, conversation_id: str, reason: str) -> bool:
        if self._version < 2 or (conversation_id, reason) in self._referred:
            return False
        self._referred.add((conversation_id, reason))
        return True
