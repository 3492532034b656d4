"""How many replicas there should be: the gate's by the streams they hold, the clients' by their calls under way."""

import math
from typing import Any, cast

from ray.serve.config import AutoscalingConfig, AutoscalingContext

CALLED_DIRECTLY = ("transcriber", "recommender")  # most of their calls never pass through Serve


class ByStreams:
    """`streams_per_replica`, within the deployment's bounds. A policy for ray.serve.config.AutoscalingPolicy."""

    def __init__(self, streams_per_replica: float) -> None:
        self._streams_per_replica = streams_per_replica

    def __call__(self, context: AutoscalingContext) -> tuple[int, dict[str, Any]]:
        return _bounded(_reported("streams", context) / self._streams_per_replica, context), {}


def by_calls(context: AutoscalingContext) -> tuple[int, dict[str, Any]]:
    """`target_ongoing_requests` a replica, calls over direct lines counted with Serve's. A policy as above."""
    calls = _reported("calls", context) + context.total_num_requests
    return _bounded(calls / cast(AutoscalingConfig, context.config).get_target_ongoing_requests(), context), {}


def with_policies(document: dict[str, Any]) -> dict[str, Any]:
    """A Serve configuration in which `target_ongoing_requests` means what it says for `CALLED_DIRECTLY` as well."""
    return {**document, "applications": [_of_application(found) for found in document["applications"]]}


def _of_application(application: dict[str, Any]) -> dict[str, Any]:
    deployments = application.get("deployments") or []
    return {**application, "deployments": [_of_deployment(found) for found in deployments]}


def _of_deployment(deployment: dict[str, Any]) -> dict[str, Any]:
    scaling = deployment.get("autoscaling_config")
    if deployment["name"] not in CALLED_DIRECTLY or not isinstance(scaling, dict) or scaling.get("policy"):
        return deployment
    return {**deployment, "autoscaling_config": scaling | {"policy": {"policy_function": f"{__name__}:by_calls"}}}


def _reported(name: str, context: AutoscalingContext) -> float:
    """By the replicas' `record_autoscaling_stats`."""
    return sum((context.aggregated_metrics or {}).get(name, {}).values())


def _bounded(replicas: float, context: AutoscalingContext) -> int:
    least, most = context.capacity_adjusted_min_replicas, context.capacity_adjusted_max_replicas
    return min(max(math.ceil(replicas), least), most)
