"""The end of a local Ray: the graph is drained first, where that is possible."""

import logging
from contextlib import suppress

import ray
from ray.serve.context import _get_global_client

from deployments.local_ray import lost_processes
from deployments.retirement import drain_every_ingress, end_drained_ingress

logger = logging.getLogger(__name__)

SEE_OFF_TIMEOUT_S = 15.0  # open utterances end within IngressSettings.drain_timeout_s, then the courier hands over
DRAIN_TIMEOUT_S = 60.0  # each deployment has its own, shorter one in the configuration


def shut_ray_down() -> None:
    """Without some of its own processes Ray carries no order to any replica: nothing is drained then."""
    try:
        if ray.is_initialized() and not lost_processes():
            with suppress(Exception):  # a controller that is gone already must not keep Ray's processes alive
                _drain_serve()
    finally:
        ray.shutdown()


def _drain_serve() -> None:
    """`serve.shutdown` for a process without handles; its call is told not to try again, or Ray complains of it."""
    client = _get_global_client()
    if client is None:
        return
    drained = False
    try:
        drained = drain_every_ingress(SEE_OFF_TIMEOUT_S)
    except Exception as error:  # an ingress that cannot be asked is stopped like every other replica
        logger.warning("not every ingress replica could be asked to drain: %s", error)
    ending = client._controller.graceful_shutdown.options(max_task_retries=0).remote()
    if drained:
        end_drained_ingress()
    with suppress(ray.exceptions.RayActorError):  # the controller ends last
        ray.get(ending, timeout=DRAIN_TIMEOUT_S)
