"""The graph, on one screen."""

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
    environment = Environment()
    return IngressReplica.bind(
        args,
        GateReplica.bind(args.gate, environment.vad_energy_threshold),
        TranscriberReplica.bind(args.transcription),
        RecommenderReplica.bind(args.recommendation, args.model),
        RecorderReplica.bind(args.record),
    )
