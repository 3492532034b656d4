"""How many gate replicas there should be: by the streams they hold."""

import math
from typing import Any

from ray.serve.config import AutoscalingContext


class ByStreams:
    """`streams_per_replica`, within the deployment's bounds. A policy for ray.serve.config.AutoscalingPolicy."""

    def __init__(self, streams_per_replica: float) -> None:
        self._streams_per_replica = streams_per_replica

    def __call__(self, context: AutoscalingContext) -> tuple[int, dict[str, Any]]:
        streams = sum((context.aggregated_metrics or {}).get("streams", {}).values())
        wanted = math.ceil(streams / self._streams_per_replica)
        least, most = context.capacity_adjusted_min_replicas, context.capacity_adjusted_max_replicas
        return min(max(wanted, least), most), {}
