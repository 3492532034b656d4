"""Requests pinned to a replica, and word of which replicas there are.

`PinnedRouter` sends a request whose `session_id` is a replica's id to that replica, and every other request to one
of two picked at random. It also tells this process's `Membership` whenever Serve changes the set of replicas: lanes
learn at once of a new gate replica, and an ingress replica that it is being drained, without asking anyone.
"""

import asyncio
import random
import threading
from collections.abc import Callable, Sequence

from ray.serve.request_router import PendingRequest, RequestRouter, RunningReplica

ReplicaIds = frozenset[str]
Listener = Callable[[ReplicaIds], None]


class Membership:
    """The replicas of each deployment, as this process's routers last heard of them."""

    def __init__(self) -> None:
        self._lock = threading.Lock()  # routers run on Serve's thread, listeners on their own loops
        self._replicas: dict[str, ReplicaIds] = {}
        self._listeners: dict[str, list[tuple[asyncio.AbstractEventLoop, Listener]]] = {}

    def watch(self, deployment: str, listener: Listener) -> None:
        """Call `listener` on the running loop now and at each change."""
        loop = asyncio.get_running_loop()
        with self._lock:
            self._listeners.setdefault(deployment, []).append((loop, listener))
            known = self._replicas.get(deployment)
        if known is not None:
            loop.call_soon(listener, known)

    def update(self, deployment: str, replicas: ReplicaIds) -> None:
        with self._lock:
            if self._replicas.get(deployment) == replicas:
                return
            self._replicas[deployment] = replicas
            listeners = [
                (loop, listener) for loop, listener in self._listeners.get(deployment, ()) if not loop.is_closed()
            ]
            self._listeners[deployment] = listeners
        for loop, listener in listeners:
            loop.call_soon_threadsafe(listener, replicas)


membership = Membership()


class PinnedRouter(RequestRouter):  # type: ignore[misc]
    """See the module's text. A request pinned to a replica that is gone waits: its caller has a timeout."""

    async def choose_replicas(
        self,
        candidate_replicas: list[RunningReplica],
        pending_request: PendingRequest | None = None,
    ) -> list[list[RunningReplica]]:
        pin = None
        if pending_request is not None:
            pending_request.routing_context.should_backoff = True  # else an unroutable request spins
            pin = pending_request.metadata.session_id
        if pin:
            return [[replica] for replica in candidate_replicas if replica.replica_id.unique_id == pin]
        return [random.sample(candidate_replicas, min(2, len(candidate_replicas)))]

    def update_replicas(self, replicas: Sequence[RunningReplica]) -> None:
        super().update_replicas(list(replicas))
        ids = frozenset(replica.replica_id.unique_id for replica in replicas)
        membership.update(self._deployment_id.name, ids)
