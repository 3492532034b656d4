"""The Kubernetes manifest against what KubeRay reads: keys that its schema does not have are dropped without a word."""

import re
from importlib.metadata import version
from pathlib import Path
from typing import Any

import pytest
import yaml

ROOT = Path(__file__).parents[3]
HEALTHZ = "/-/healthz"  # of HAProxy: 200 while it has an ingress to send to

# The keys of ray.io/v1 at the levels that the manifest uses: ray-project/kuberay at 02a80a6f,
# ray-operator/apis/ray/v1/*_types.go and helm-chart/kuberay-operator/crds/ray.io_rayservices.yaml.
KNOWN = yaml.safe_load("""
service: [serveConfigV2, rayClusterConfig, serveService, upgradeStrategy, managedBy, excludeHeadPodFromServeSvc,
  rayClusterDeletionDelaySeconds, serviceUnhealthySecondThreshold, deploymentUnhealthySecondThreshold]
cluster: [headGroupSpec, workerGroupSpecs, rayVersion, enableInTreeAutoscaling, autoscalerOptions, upgradeStrategy,
  gcsFaultToleranceOptions, headServiceAnnotations, authOptions, suspend, idleSuspend, idleTerminationOptions,
  managedBy, historyServerOptions, networkPolicy, tlsOptions]
autoscaler: [upscalingMode, idleTimeoutSeconds, version, resources, image, imagePullPolicy, securityContext, env,
  envFrom, volumeMounts, command, args]
head: [template, rayStartParams, headService, serviceType, enableIngress, ingressOptions, resources, labels]
worker: [groupName, template, rayStartParams, replicas, minReplicas, maxReplicas, numOfHosts, idleTimeoutSeconds,
  priority, suspend, scaleStrategy, topology, resources, labels]
""")


def _ray_container(group: dict[str, Any]) -> dict[str, Any]:
    (container,) = group["template"]["spec"]["containers"]
    found: dict[str, Any] = container
    return found


@pytest.fixture(scope="module")
def service() -> dict[str, Any]:
    text = (ROOT / "deploy" / "kuberay" / "rayservice.yaml").read_text(encoding="utf-8")
    (found,) = (document for document in yaml.safe_load_all(text) if document["kind"] == "RayService")
    spec: dict[str, Any] = found["spec"]
    assert found["apiVersion"] == "ray.io/v1"
    return spec


def test_every_key_is_one_that_kuberay_knows(service: dict[str, Any]) -> None:
    cluster = service["rayClusterConfig"]
    assert service.keys() <= set(KNOWN["service"])
    assert cluster.keys() <= set(KNOWN["cluster"])
    assert cluster["autoscalerOptions"].keys() <= set(KNOWN["autoscaler"])
    assert cluster["headGroupSpec"].keys() <= set(KNOWN["head"])
    assert all(group.keys() <= set(KNOWN["worker"]) for group in cluster["workerGroupSpecs"])


def test_what_kuberay_requires_is_there_and_of_its_type(service: dict[str, Any]) -> None:
    cluster = service["rayClusterConfig"]
    groups = [cluster["headGroupSpec"], *cluster["workerGroupSpecs"]]
    assert isinstance(service["serveConfigV2"], str)
    assert cluster["autoscalerOptions"]["upscalingMode"] in {"Default", "Aggressive", "Conservative"}
    for group in groups:
        assert {type(value) for value in group["rayStartParams"].values()} == {str}
        assert _ray_container(group)
    for group in cluster["workerGroupSpecs"]:
        assert {"groupName", "minReplicas", "maxReplicas"} <= group.keys()
        assert {type(group[count]) for count in ("replicas", "minReplicas", "maxReplicas")} == {int}


def test_ray_is_the_version_that_the_image_has(service: dict[str, Any]) -> None:
    assert service["rayClusterConfig"]["rayVersion"] == version("ray")


def test_the_operator_and_the_workers_find_the_head_by_the_names_of_its_ports(service: dict[str, Any]) -> None:
    head = _ray_container(service["rayClusterConfig"]["headGroupSpec"])
    ports = {port["name"]: port["containerPort"] for port in head["ports"]}
    assert ports == {"gcs-server": 6379, "dashboard": 8265, "serve": 8765, "metrics": 8080}
    assert ports["serve"] == yaml.safe_load(service["serveConfigV2"])["http_options"]["port"]


def test_probes_need_no_programme_that_the_image_lacks(service: dict[str, Any]) -> None:
    cluster = service["rayClusterConfig"]
    for group in (cluster["headGroupSpec"], *cluster["workerGroupSpecs"]):
        container = _ray_container(group)
        assert "httpGet" in container["livenessProbe"]
        assert "httpGet" in container["readinessProbe"]
    for group in cluster["workerGroupSpecs"]:
        assert _ray_container(group)["readinessProbe"]["httpGet"] == {"path": HEALTHZ, "port": "serve"}


def test_the_volume_is_the_images_user_s(service: dict[str, Any]) -> None:
    uid = re.search(r"useradd .*--uid (\d+)", (ROOT / "Dockerfile").read_text(encoding="utf-8"))
    assert uid
    cluster = service["rayClusterConfig"]
    for group in (cluster["headGroupSpec"], *cluster["workerGroupSpecs"]):
        assert group["template"]["spec"]["securityContext"]["fsGroup"] == int(uid[1])
