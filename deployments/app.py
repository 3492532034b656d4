"""The graph, on one screen."""

from typing import Any

from ray import serve
from ray.serve import Application

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
    transcriber = bound("transcriber", TranscriberReplica, args.transcription)
    recommender = bound("recommender", RecommenderReplica, args.recommendation, args.model)
    return graph(args, transcriber, recommender)


def graph(args: ApplicationSettings, transcriber: Application, recommender: Application) -> Application:
    """The graph around whatever stands for the providers' stages."""
    gate = bound("gate", GateReplica, args.gate, Environment().vad_energy_threshold)
    recorder = bound("recorder", RecorderReplica, args.record)
    return bound("ingress", serve.ingress()(IngressReplica), args, gate, transcriber, recommender, recorder)


def bound(name: str, replica: type[Any], *arguments: object) -> Application:
    application: Application = serve.deployment(name=name)(replica).bind(*arguments)
    return application
