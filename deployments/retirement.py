"""How an ingress replica leaves: word that Serve is stopping it, and the order to do so before a shutdown.

A replica is not told that it is being stopped; once Serve's deregistration window is over uvicorn cuts its sockets
without a reason. So each ingress replica looks up its own state, off its users' way, and sees its counters off itself.
"""

import asyncio
import logging
import time
from contextlib import suppress
from typing import Any

import ray
from ray import serve
from ray.serve._private.common import ReplicaState
from ray.serve.context import _get_global_client
from ray.serve.exceptions import DeploymentUnavailableError

logger = logging.getLogger(__name__)

LOOK_EVERY_S = 1.0
ASK_AGAIN_S = 0.05
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
    details: dict[str, Any] = await _asked_for_details()
    return details


def _asked_for_details() -> Any:
    """What to wait for. Serve's own functions that do so wait for ever where the controller does not answer."""
    client = _get_global_client()
    if client is None:
        raise LookupError("Serve is not running")
    return client._controller.get_serve_instance_details.remote()


def state_of(replica_id: str, details: dict[str, Any]) -> ReplicaState | None:
    """The replica's state in Serve's details; None when it is not there."""
    for application in details["applications"].values():
        for deployment in application["deployments"].values():
            for replica in deployment["replicas"]:
                if replica["replica_id"] == replica_id:
                    return ReplicaState(replica["state"])
    return None


def running_ingress(details: dict[str, Any], application: str) -> int:
    """How many ingress replicas of it run, by Serve's details."""
    ingress = details["applications"][application]["deployments"].get(INGRESS, {"replicas": ()})
    return sum(ReplicaState(replica["state"]) is ReplicaState.RUNNING for replica in ingress["replicas"])


def drain_every_ingress(timeout_s: float) -> bool:
    """Have every ingress replica see its counters off and hand over what it recorded, while all stages still run.

    True when every one of them has done so. Raises whatever Ray does.
    """
    drained = True
    details = ray.get(_asked_for_details(), timeout=timeout_s)
    for name in details["applications"]:
        running = running_ingress(details, name)
        failures = [error for error in ask_every_ingress(name, "drain", timeout_s, running) if error is not None]
        for error in failures:
            logger.warning("an ingress replica was not drained: %s", type(error).__name__)
        drained = drained and not failures
    return drained


def ask_every_ingress(application: str, method: str, timeout_s: float, replicas: int = 1) -> list[Any]:
    """Each replica's answer, or the exception in its place; from a process without an event loop.

    A new handle hears of its replicas some time after it is made: it is asked again, all of them, until `replicas`
    have answered. So `method` must be safe to call twice. Raises TimeoutError.
    """
    handle: Any = serve.get_deployment_handle(INGRESS, application)
    if not handle.is_initialized:
        handle._init(_run_router_in_separate_loop=True)  # whatever replicas are told to do
    deadline_s = time.monotonic() + timeout_s
    answers: list[Any] = []
    while len(answers) < replicas:
        left_s = deadline_s - time.monotonic()
        if left_s <= 0:
            raise TimeoutError(f"{len(answers)} of {replicas} ingress replicas answered in {timeout_s:g} s")
        try:
            answers = handle.broadcast(method).results(timeout_s=left_s, return_exceptions=True)
        except DeploymentUnavailableError:
            answers = []
        if len(answers) < replicas:
            time.sleep(ASK_AGAIN_S)  # no event loop here; Serve tells handles of their replicas in its own time
    return answers


def end_drained_ingress() -> None:
    """After the drain and the order to shut down: do not wait for the deregistration window of an empty replica."""
    for actor in ray.util.list_named_actors(all_namespaces=True):
        if f"#{INGRESS}#" in actor["name"]:
            with suppress(ValueError):  # it has ended by itself
                ray.kill(ray.get_actor(actor["name"], namespace=actor["namespace"]))
