"""The graph, on one screen."""

from typing import Any

from ray import serve
from ray.serve import Application, Deployment

from configs.application import ApplicationSettings
from configs.environment import Environment
from deployments.gate import GateReplica
from deployments.ingress import IngressReplica
from deployments.recommender import RecommenderReplica
from deployments.recorder import RecorderReplica
from deployments.transcriber import TranscriberReplica


def build_app(args: ApplicationSettings) -> Application:
    """counter ══> ingress ──> gate; ──> transcriber; ──> recommender; ──> recorder.

    Replicas, resources and autoscaling of each deployment are in `serve_config.yaml`, by its name.
    """
    environment = Environment()
    return _deployment("ingress", serve.ingress()(IngressReplica)).bind(
        args,
        _deployment("gate", GateReplica).bind(args.gate, environment.vad_energy_threshold),
        _deployment("transcriber", TranscriberReplica).bind(args.transcription),
        _deployment("recommender", RecommenderReplica).bind(args.recommendation, args.model),
        _deployment("recorder", RecorderReplica).bind(args.record),
    )


def _deployment(name: str, replica: type[Any]) -> Deployment:
    deployment: Deployment = serve.deployment(name=name)(replica)
    return deployment
