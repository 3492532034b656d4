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
from pipeline.recommendation.catalogue import load_catalogue


def build_app(args: ApplicationSettings) -> Application:
    """counter ══> ingress ──> gate; ──> transcriber; ──> recommender; ──> recorder.

    Replicas, resources and autoscaling of each deployment are in `serve_config.yaml`, by its name.
    """
    names = tuple(product.name for product in load_catalogue(args.recommendation.catalogue).products.values())
    recorder = the_recorder(args)
    transcriber = bound("transcriber", TranscriberReplica, args.transcription, names, recorder)
    recommender = bound("recommender", RecommenderReplica, args.recommendation, args.model, recorder)
    return graph(args, transcriber, recommender, recorder)


def the_recorder(args: ApplicationSettings) -> Application:
    return bound("recorder", RecorderReplica, args.record)


def graph(
    args: ApplicationSettings, transcriber: Application, recommender: Application, recorder: Application
) -> Application:
    """The graph around whatever stands for the providers' stages."""
    gate = bound("gate", GateReplica, args.gate, Environment().vad_energy_threshold)
    return bound("ingress", serve.ingress()(IngressReplica), args, gate, transcriber, recommender, recorder)


def bound(name: str, replica: type[Any], *arguments: object) -> Application:
    application: Application = serve.deployment(name=name)(replica).bind(*arguments)
    return application
