from pathlib import Path

import pytest
import yaml

from cli.output import CommandError
from cli.run.config_file import ConfigFile, read_config
from cli.run.placement import check_placement

ROOM = {"CPU": 4.0, "memory": 1e9}


def config(folder: Path, *deployments: dict[str, object]) -> ConfigFile:
    path = folder / "serve_config.yaml"
    path.write_text(yaml.safe_dump({"applications": [{"name": "a", "deployments": list(deployments)}]}))
    return read_config(path)


def test_what_fits_passes(tmp_path: Path) -> None:
    check_placement(
        config(
            tmp_path,
            {"name": "ingress", "num_replicas": 2, "ray_actor_options": {"num_cpus": 0.5}},
            {"name": "gate", "autoscaling_config": {"max_replicas": 6}, "ray_actor_options": {"num_cpus": 0.5}},
        ),
        ROOM,
    )


@pytest.mark.parametrize(
    ("deployment", "told"),
    [
        ({"num_replicas": 5}, r"gate asks for 5 replica\(s\) with 1 CPU each, and this machine has 4 left of 4"),
        ({"autoscaling_config": {"max_replicas": 9}, "ray_actor_options": {"num_cpus": 0.5}}, r"9 replica.* 0\.5 CPU"),
        ({"ray_actor_options": {"num_cpus": 0, "num_gpus": 1}}, "1 GPU each.* 0 left of 0"),
        ({"ray_actor_options": {"num_cpus": 0, "memory": 2e9}}, "memory"),
        ({"ray_actor_options": {"num_cpus": 0, "resources": {"dsp": 1}}}, "1 dsp each"),
    ],
)
def test_what_finds_no_room_is_named(tmp_path: Path, deployment: dict[str, object], told: str) -> None:
    with pytest.raises(CommandError, match=rf"line \d+: .*{told}"):
        check_placement(config(tmp_path, {"name": "gate"} | deployment), ROOM)


def test_deployments_share_the_machine(tmp_path: Path) -> None:
    both = [{"name": name, "ray_actor_options": {"num_cpus": 3}} for name in ("first", "second")]
    with pytest.raises(CommandError, match="second asks for .* has 1 left of 4"):
        check_placement(config(tmp_path, *both), ROOM)
