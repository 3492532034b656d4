"""Whether this machine can hold the replicas that the configuration asks for: Ray would wait in silence."""

from collections import Counter
from collections.abc import Iterator
from typing import Any

from cli.output import CommandError
from cli.run.config_file import ConfigFile

Location = tuple[int | str, ...]


def check_placement(config: ConfigFile, available: dict[str, float]) -> None:
    """Raises CommandError naming the first deployment that finds no room, what it asks and what is left.

    Counts every replica the configuration allows: a gate that may grow to four must find room for four.
    """
    left = Counter(available)
    for location, deployment in _deployments(config):
        replicas = _most_replicas(deployment)
        for resource, amount in _ask(deployment).items():
            if replicas * amount > left[resource] + 1e-9:
                raise CommandError(
                    f"{config.at(location)}: {deployment['name']} asks for {replicas} replica(s) with {amount:g} "
                    f"{resource} each, and this machine has {left[resource]:g} left of {available.get(resource, 0):g}; "
                    "lower the replicas or ray_actor_options"
                )
            left[resource] -= replicas * amount  # type: ignore[assignment]


def _deployments(config: ConfigFile) -> Iterator[tuple[Location, dict[str, Any]]]:
    for a, application in enumerate(config.document["applications"]):
        for d, deployment in enumerate(application.get("deployments") or ()):
            yield ("applications", a, "deployments", d), deployment


def _most_replicas(deployment: dict[str, Any]) -> int:
    autoscaling = deployment.get("autoscaling_config") or {}
    fixed = deployment.get("num_replicas", 1)
    return int(autoscaling.get("max_replicas", fixed if isinstance(fixed, int) else 1))


def _ask(deployment: dict[str, Any]) -> dict[str, float]:
    options = deployment.get("ray_actor_options") or {}
    named = {"CPU": options.get("num_cpus", 1), "GPU": options.get("num_gpus", 0), "memory": options.get("memory", 0)}
    return {name: float(amount) for name, amount in (named | (options.get("resources") or {})).items() if amount}
