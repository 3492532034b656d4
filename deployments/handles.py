"""The pipeline's Protocols over Ray Serve handles: what a conversation holds when the stages are other processes.

What is asked for every tick and every utterance goes over a direct line where the replica is on this machine, else
through Serve. Serve's calls carry their arguments by value, each in an empty context: Serve gives every call made
inside one request the request's own id, and its router spins when two such calls are under way at once.
"""

import asyncio
import contextvars
from collections.abc import Awaitable, Sequence
from dataclasses import replace
from datetime import datetime
from pickle import PickleBuffer
from typing import Any, TypeVar, cast

from ray.serve.handle import DeploymentHandle

from deployments.direct_calls import DirectLines, LineLost
from deployments.membership import ReplicaIds
from deployments.wire import ReplyColumns, TickColumns
from pipeline.events import ProviderCalled
from pipeline.record.batch import Batch
from pipeline.stages import (
    Counter,
    RecommendationRequest,
    RegistryError,
    SpeechPart,
    StageFailed,
    StreamId,
    Transcription,
    TranscriptionRequest,
    Verdict,
)

T = TypeVar("T")


def by_value(handle: "DeploymentHandle[Any]") -> "DeploymentHandle[Any]":
    return handle.options(_by_reference=False)


async def call(method: Any, *args: object, **kwargs: object) -> Any:
    """Call a handle's method and await the answer; cancelled when the caller is."""
    response = contextvars.Context().run(method.remote, *args, **kwargs)
    return await cast(Awaitable[Any], response)


def accepted(answer: T | RegistryError) -> T:
    """The answer, unless it is a refusal. Raises RegistryError."""
    if isinstance(answer, RegistryError):
        raise answer
    return answer


class ReplicaHandles:
    """One method call to one replica of a deployment, the shorter way where there is one."""

    def __init__(self, handle: "DeploymentHandle[Any]") -> None:
        self._handle = by_value(handle)
        self._lines = DirectLines()
        self._pinned: dict[str, DeploymentHandle[Any]] = {}  # a handle is dear to make
        self.replicas: ReplicaIds = frozenset()

    def update(self, replicas: ReplicaIds) -> None:
        self.replicas = replicas
        self._pinned = {replica: self._handle.options(session_id=replica) for replica in replicas}
        self._lines.update(replicas)

    async def call(self, replica: str, method: str, *arguments: object) -> Any:
        """`replica` "" leaves the choice to Serve. Raises whatever Ray does, or DirectCallError."""
        line = await self._lines.to(replica) if replica else None
        if line is not None:
            return await line.call(method, *arguments)
        return await call(getattr(self._pinned.get(replica, self._handle), method), *arguments)

    async def call_any(self, replica: str, method: str, *arguments: object) -> Any:
        """The same, and once more, of any replica, when this one is lost meanwhile: for what may be done twice."""
        try:
            return await self.call(replica, method, *arguments)
        except LineLost:
            return await self.call("", method, *arguments)

    def calls(self, replica: str) -> int:
        """Under way over a direct line."""
        return self._lines.calls(replica)


class GateHandle:
    """One tick to one replica."""

    def __init__(self, handle: "DeploymentHandle[Any]") -> None:
        self._to = ReplicaHandles(handle)
        self.update = self._to.update

    async def step(self, replica_id: str, ticks: TickColumns) -> ReplyColumns:
        return cast(ReplyColumns, await self._to.call(replica_id, "step", ticks))


class TranscriberHandle:
    """All speech of one session goes to one replica while the replicas stay the same: it may be listening along."""

    def __init__(self, handle: "DeploymentHandle[Any]") -> None:
        self._to = ReplicaHandles(handle)
        self.update = self._to.update

    async def transcribe(self, request: TranscriptionRequest) -> Transcription | StageFailed:
        try:
            replica, apart = self._replica_for(request.session_id), replace(request, pcm=b"")
            answer = await self._to.call_any(replica, "transcribe", apart, PickleBuffer(request.pcm))
            return cast(Transcription | StageFailed, answer)
        except Exception as error:  # a replica can fail in as many ways as Ray can
            return StageFailed(category="indisponivel", message=f"o transcritor falhou ({type(error).__name__})")

    async def hear(self, parts: Sequence[SpeechPart], ended: Sequence[StreamId]) -> Sequence[ProviderCalled]:
        """Speech of utterances that are still open, and streams that have ended. Answers with calls of no use."""
        shares: dict[str, tuple[list[SpeechPart], list[StreamId]]] = {}
        for part in parts:
            shares.setdefault(self._replica_for(part.stream_id), ([], []))[0].append(part)
        for stream_id in ended:
            shares.setdefault(self._replica_for(stream_id), ([], []))[1].append(stream_id)
        told = await asyncio.gather(*(self._to.call(replica, "hear", *share) for replica, share in shares.items()))
        return [unclaimed for calls in told for unclaimed in calls]

    def _replica_for(self, stream_id: StreamId) -> str:
        """Rendezvous hashing: a replica that comes or goes moves only its own share. "" while none is known."""
        return max(self._to.replicas, key=lambda replica: hash((stream_id, replica)), default="")


class RecommenderHandle:
    """Each question goes to the replica that has the fewest of ours."""

    def __init__(self, handle: "DeploymentHandle[Any]") -> None:
        self._to = ReplicaHandles(handle)
        self.update = self._to.update

    async def recommend(self, request: RecommendationRequest) -> Verdict | StageFailed:
        try:
            replica = min(self._to.replicas, key=self._to.calls, default="")
            return cast(Verdict | StageFailed, await self._to.call_any(replica, "recommend", request))
        except Exception as error:  # a replica can fail in as many ways as Ray can
            return StageFailed(category="indisponivel", message=f"o recomendador falhou ({type(error).__name__})")


class RecorderHandle:
    """The recorder as the registry and as the writer behind a courier."""

    def __init__(self, handle: "DeploymentHandle[Any]") -> None:
        self._handle = by_value(handle)

    async def commit(self, batch: Batch) -> int:
        return cast(int, await call(self._handle.commit, batch))

    async def authenticate(self, api_key: str) -> Counter | None:
        return cast(Counter | None, await call(self._handle.authenticate, api_key))

    async def register_client(self, *, email: str, razao_social: str, telefone: str) -> str:
        return cast(str, accepted(await call(self._handle.register_client, email, razao_social, telefone)))

    async def register_counter(self, *, nome_balcao: str, cliente_codigo: str) -> tuple[str, str]:
        answer = accepted(await call(self._handle.register_counter, nome_balcao, cliente_codigo))
        return cast(tuple[str, str], answer)

    async def revoke_counter(self, balcao_id: str) -> bool:
        return cast(bool, await call(self._handle.revoke_counter, balcao_id))

    async def spent_since(self, moment: datetime) -> dict[str, float]:
        return cast(dict[str, float], await call(self._handle.spent_since, moment))

    async def set_notice(self, balcao_id: str, *, shown: bool) -> bool:
        return cast(bool, await call(self._handle.set_notice, balcao_id, shown))
