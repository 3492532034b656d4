"""Balto's graph with doubles where the providers' clients are: the same ingress, gate and recorder."""

from pydantic import BaseModel, ConfigDict
from ray.serve import Application

from benchmarks.scale.doubles import DelayedRecommender, DelayedTranscriber
from configs.application import ApplicationSettings
from deployments.app import bound, graph, the_recorder


class Delays(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)

    transcriber_s: float = 0.3
    recommender_s: float = 0.5


class ScaleSettings(ApplicationSettings):
    delays: Delays = Delays()


def build_app(args: ScaleSettings) -> Application:
    transcriber = bound("transcriber", DelayedTranscriber, args.delays.transcriber_s)
    recommender = bound("recommender", DelayedRecommender, args.delays.recommender_s)
    return graph(args, transcriber, recommender, the_recorder(args))
