"""Requests pinned to a replica, and word of which replicas there are.

`PinnedRouter` sends a request whose `session_id` is a replica's id to that replica, and every other request to one
of two picked at random. It also tells this process's `membership` whenever Serve changes the set of replicas: lanes
learn at once of a gate replica that came or is going.
"""

import random
from collections.abc import Sequence

from ray.serve.request_router import PendingRequest, RequestRouter, RunningReplica


class PinnedRouter(RequestRouter):
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
        # Imported here: Serve pickles this module by value, and the membership must be this process's own.
        from deployments.membership import membership

        super().update_replicas(list(replicas))
        ids = frozenset(replica.replica_id.unique_id for replica in replicas)
        membership.update(self._deployment_id.name, ids)
