"""Ray on one machine, without what serves the operators of a cluster.

A head node always starts the API server and the autoscaler's monitor, also where `include_dashboard=False` leaves the
one nothing to serve and no autoscaler gives the other anything to watch; the dashboard's agent, for metrics that nobody
collects; and a monitor of log files, also where nobody reads them. Each is another Python with Ray in it: 250 MB
together, and seconds of every start. `ray.init` has settings for none of them (ray 2.60), so its node is told while it
starts. What concerns its raylet is left as it is with another version of Ray.
"""

import logging
import os
import sys
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from functools import partial
from pathlib import Path
from typing import Any

import ray
from ray._private import ray_constants, worker
from ray._private.node import Node

from deployments.forking import ForkServer
from deployments.haproxy_program import END_WITH_PARENT
from deployments.raylet_command import (
    ENVIRONMENTS,
    WORKER,
    Command,
    raylet_command,
    with_script,
    without_dashboard_agent,
)

OBJECT_STORE_BYTES = 80 << 20  # calls carry their audio by value; the store holds almost nothing
LEFT_OUT = ("start_monitor", "start_api_server")
LOGS = "start_log_monitor"  # what replicas print, to this process
VITAL = (ray_constants.PROCESS_TYPE_GCS_SERVER, ray_constants.PROCESS_TYPE_RAYLET)
METRICS = "RAY_enable_metrics_collection"  # an operator who sets it gets Ray's own metrics, and their agent


def start_local_ray(logical_cpus: int, temp_dir: Path, forks: ForkServer | None, *, log_to_driver: bool) -> None:
    """Start Ray in this process and connect to it; `ray.shutdown` ends both. Workers are forked where `forks` is."""
    with ExitStack() as told:
        told.enter_context(_without(LEFT_OUT if log_to_driver else (*LEFT_OUT, LOGS)))
        if forks is not None:
            told.enter_context(raylet_command(partial(_changed, forks)))
        ray.init(
            address="local",
            namespace="serve",
            num_cpus=logical_cpus,
            include_dashboard=False,
            object_store_memory=OBJECT_STORE_BYTES,
            log_to_driver=log_to_driver,
            logging_level=logging.WARNING,
            _temp_dir=str(temp_dir),
        )


def lost_processes() -> list[str]:
    """Those of the Ray that this process started without which nothing works, and that have ended.

    Without its store of the cluster's state (the GCS) Ray goes on for a minute, then ends this process; it starts
    neither of them again.
    """
    node: Any = worker._global_node
    return [kind for kind, _ in node.dead_processes() if kind in VITAL] if node else []


def _changed(forks: ForkServer, command: Command) -> Command:
    if METRICS not in os.environ:
        command = without_dashboard_agent(command)
    command = with_script(ENVIRONMENTS, [str(END_WITH_PARENT), "RAY_RAYLET_PID", sys.executable], command)
    return with_script(WORKER, forks.client, command)


@contextmanager
def _without(methods: tuple[str, ...]) -> Iterator[None]:
    kept = {name: getattr(Node, name) for name in methods}

    def left_out(self: Node, **options: Any) -> None:
        self._webui_url = ""

    for name in methods:
        setattr(Node, name, left_out)
    try:
        yield
    finally:
        for name, method in kept.items():
            setattr(Node, name, method)
