"""Ray on one machine, without what serves the operators of a cluster.

A head node always starts the API server and the autoscaler's monitor, also where `include_dashboard=False` leaves the
one nothing to serve and no autoscaler gives the other anything to watch: 120 MB, and a second or more of every start.
`ray.init` has no setting for either (ray 2.60), so its node is told while it starts.
"""

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import ray
from ray._private.node import Node

OBJECT_STORE_BYTES = 80 << 20  # calls carry their audio by value; the store holds almost nothing
LEFT_OUT = ("start_monitor", "start_api_server")


def start_local_ray(logical_cpus: int, temp_dir: Path, *, log_to_driver: bool) -> None:
    """Start Ray in this process and connect to it; `ray.shutdown` ends both."""
    with _without(LEFT_OUT):
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
