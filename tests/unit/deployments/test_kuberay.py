"""The Kubernetes manifest says what serve_config.yaml and deployments/cluster.py say."""

from pathlib import Path
from typing import Any

import pytest
import yaml
from ray.serve.schema import ServeDeploySchema

from deployments.cluster import cluster_environment

ROOT = Path(__file__).parents[3]
# Ports and files of a local start, and its limits.
OF_ONE_MACHINE = ("PORT", "_LOC", "_PATH", "_BASE", "_FILE", "MAXCONN", "NBTHREAD")


@pytest.fixture(scope="module")
def manifest() -> dict[str, Any]:
    text = (ROOT / "deploy" / "kuberay" / "rayservice.yaml").read_text(encoding="utf-8")
    return {document["kind"]: document for document in yaml.safe_load_all(text)}


def test_the_environment_is_the_one_that_a_local_cluster_gets(manifest: dict[str, Any]) -> None:
    local = cluster_environment(Path("/nowhere"))
    shared = {
        name: value
        for name, value in local.items()
        if not name.endswith(OF_ONE_MACHINE) or name.endswith("IMPORT_PATH")
    }
    given = manifest["ConfigMap"]["data"]
    assert {name: given.get(name) for name in shared} == shared


def test_the_graph_is_the_configured_one_with_its_record_beside_the_volume(manifest: dict[str, Any]) -> None:
    config = yaml.safe_load(manifest["RayService"]["spec"]["serveConfigV2"])
    ServeDeploySchema.model_validate(config)
    (found,), (own,) = (
        config["applications"],
        yaml.safe_load((ROOT / "serve_config.yaml").read_text(encoding="utf-8"))["applications"],
    )
    ours = {deployment["name"]: deployment for deployment in own["deployments"]}
    ours["recorder"]["ray_actor_options"]["resources"] = {"registro": 1}
    ours["ingress"] |= {"num_replicas": 2, "max_replicas_per_node": 1}
    assert {deployment["name"]: deployment for deployment in found["deployments"]} == ours
    assert {name: found[name] for name in found if name != "deployments"} == {
        name: own[name] for name in own if name != "deployments"
    }


def test_head_and_workers_get_the_same_environment_and_volume_and_only_workers_scale(manifest: dict[str, Any]) -> None:
    cluster = manifest["RayService"]["spec"]["rayClusterConfig"]
    (workers,) = cluster["workerGroupSpecs"]
    head, worker = (group["template"]["spec"]["containers"][0] for group in (cluster["headGroupSpec"], workers))
    for part in ("image", "envFrom", "volumeMounts"):
        assert head[part] == worker[part]
    assert cluster["enableInTreeAutoscaling"] is True
    assert workers["minReplicas"] <= workers["replicas"] <= workers["maxReplicas"]
    assert "registro" in cluster["headGroupSpec"]["rayStartParams"]["resources"]
