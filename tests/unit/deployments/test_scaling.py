"""Gate replicas follow the streams they hold, the providers' clients their calls, within the deployment's bounds."""

from types import SimpleNamespace
from typing import Any

import pytest
from ray.serve.config import AutoscalingConfig

from deployments.scaling import ByStreams, by_calls, with_policies


def wanted(streams: dict[str, float] | None, least: int = 1, most: int = 4) -> int:
    metrics = None if streams is None else {"streams": streams}
    context: Any = SimpleNamespace(
        aggregated_metrics=metrics, capacity_adjusted_min_replicas=least, capacity_adjusted_max_replicas=most
    )
    return ByStreams(streams_per_replica=400)(context)[0]


@pytest.mark.parametrize(
    ("streams", "replicas"),
    [(None, 1), ({}, 1), ({"a": 400}, 1), ({"a": 401}, 2), ({"a": 600, "b": 400}, 3), ({"a": 9000}, 4)],
)
def test_replicas_for_streams(streams: dict[str, float] | None, replicas: int) -> None:
    assert wanted(streams) == replicas


def test_the_least_is_kept_without_streams() -> None:
    assert wanted({}, least=2) == 2


@pytest.mark.parametrize(
    ("direct", "through_serve", "replicas"),
    [({}, 0, 1), ({"a": 7.0}, 1, 1), ({"a": 7.0}, 2, 2), ({"a": 7, "b": 99}, 0, 4)],
)
def test_replicas_for_calls_over_lines_and_through_serve(
    direct: dict[str, float], through_serve: float, replicas: int
) -> None:
    context: Any = SimpleNamespace(
        aggregated_metrics={"calls": direct},
        total_num_requests=through_serve,
        config=AutoscalingConfig(target_ongoing_requests=8),
        capacity_adjusted_min_replicas=1,
        capacity_adjusted_max_replicas=4,
    )
    assert by_calls(context)[0] == replicas


def test_a_configuration_that_scales_a_client_on_requests_counts_its_direct_calls() -> None:
    scaling = {"min_replicas": 1, "max_replicas": 4, "target_ongoing_requests": 8}
    own = {"policy": {"policy_function": "mine:policy"}}
    document = {
        "applications": [
            {
                "name": "balto",
                "deployments": [
                    {"name": "transcriber", "autoscaling_config": scaling},
                    {"name": "recommender", "autoscaling_config": scaling | own},
                    {"name": "recorder", "num_replicas": 1},
                ],
            },
            {"name": "outra"},
        ]
    }
    balto, _ = with_policies(document)["applications"]
    transcriber, recommender, recorder = balto["deployments"]
    assert transcriber["autoscaling_config"] == scaling | {
        "policy": {"policy_function": "deployments.scaling:by_calls"}
    }
    assert recommender["autoscaling_config"] == scaling | own
    assert recorder == {"name": "recorder", "num_replicas": 1}
