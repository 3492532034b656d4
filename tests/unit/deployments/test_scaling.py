"""Gate replicas follow the streams they hold, within the deployment's bounds."""

from types import SimpleNamespace
from typing import Any

import pytest

from deployments.scaling import ByStreams


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
