"""How an ingress replica leaves: word that Serve is stopping it, and the order to do so before a shutdown.

A replica is not told that it is being stopped; once Serve's deregistration window is over uvicorn cuts its sockets
without a reason. So each ingress replica looks up its own state, off its users' way, and sees its counters off itself.
"""

import asyncio
import logging
from contextlib import suppress
from typing import Any

import ray
from ray import serve
from ray.serve._private.common import ReplicaState
from ray.serve.context import _get_global_client

logger = logging.getLogger(__name__)

LOOK_EVERY_S = 1.0
INGRESS = "ingress"


async def stopping(replica_id: str) -> None:
    """Return once Serve is stopping this replica. A controller that does not answer is asked again."""
    while True:
        await asyncio.sleep(LOOK_EVERY_S)
        try:
            if state_of(replica_id, await _details()) is ReplicaState.STOPPING:
                return
        except Exception as error:  # another process: it may be restarting, in whatever way
            logger.info("the controller did not answer: %s", type(error).__name__)


async def _details() -> dict[str, Any]:
    client = _get_global_client()
    if client is None:
        raise LookupError("Serve is not running")
    details: dict[str, Any] = await client._controller.get_serve_instance_details.remote()
    return details


def state_of(replica_id: str, details: dict[str, Any]) -> ReplicaState | None:
    """The replica's state in Serve's details; None when it is not there."""
    for application in details["applications"].values():
        for deployment in application["deployments"].values():
            for replica in deployment["replicas"]:
                if replica["replica_id"] == replica_id:
                    return ReplicaState(replica["state"])
    return None


def drain_every_ingress(timeout_s: float) -> None:
    """Have every ingress replica see its counters off and hand over what it recorded, while all stages still run."""
    for name, application in serve.status().applications.items():
        ingress = application.deployments.get(INGRESS)
        if ingress is None or not ingress.replica_states.get(ReplicaState.RUNNING):
            continue
        for answer in ask_every_ingress(name, "drain", timeout_s):
            if isinstance(answer, BaseException):
                logger.warning("an ingress replica was not drained: %s", type(answer).__name__)


def ask_every_ingress(application: str, method: str, timeout_s: float) -> list[Any]:
    """Each replica's answer, or the exception in its place; from a process without an event loop."""
    handle: Any = serve.get_deployment_handle(INGRESS, application)
    if not handle.is_initialized:
        handle._init(_run_router_in_separate_loop=True)  # whatever replicas are told to do
    answers: list[Any] = handle.broadcast(method).results(timeout_s=timeout_s, return_exceptions=True)
    return answers


def end_drained_ingress() -> None:
    """After the drain and the order to shut down: do not wait for the deregistration window of an empty replica."""
    for actor in ray.util.list_named_actors(all_namespaces=True):
        if f"#{INGRESS}#" in actor["name"]:
            with suppress(ValueError):  # it has ended by itself
                ray.kill(ray.get_actor(actor["name"], namespace=actor["namespace"]))
