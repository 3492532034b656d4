"""How many gate replicas there should be: by the streams they hold."""

import math
from typing import Any

from ray.serve.config import AutoscalingContext


def by_streams(context: AutoscalingContext) -> tuple[int, dict[str, Any]]:
    """Enough replicas for `target_ongoing_requests` streams each, within the deployment's bounds.

    An autoscaling policy (ray.serve.config.AutoscalingPolicy). Serve's own setting is read as streams per replica.
    """
    streams = sum(context.aggregated_metrics.get("streams", {}).values())
    per_replica = context.config.get_target_ongoing_requests()
    wanted = math.ceil(streams / per_replica)
    bounded = min(max(wanted, context.capacity_adjusted_min_replicas), context.capacity_adjusted_max_replicas)
    return bounded, {}
