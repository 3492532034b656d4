"""The order of a run: check, start, show, serve, drain."""

import os
import threading
import time
from collections.abc import Sequence
from contextlib import ExitStack
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from cli.output import CommandError, out
from cli.run.announce import banner, counter_made, few_files, how_to_stop, ready, stopping
from cli.run.config_file import (
    ConfigFile,
    check_autoscaling,
    check_deployments,
    check_document,
    find_config,
    read_config,
    read_graphs,
)
from cli.run.edits import Edits
from cli.run.emulators import Emulators, emulators
from cli.run.environment import exported, read_environment
from cli.run.placement import check_placement
from cli.run.preflight import check_folder, check_owner, check_port, check_published, check_shelves
from cli.run.profile import check_sandbox, choose_profile
from cli.run.signals import stop_signals
from configs.environment import Environment, Profile

if TYPE_CHECKING:
    from configs.application import ApplicationSettings
    from deployments.cluster import Cluster

HEALTH_EVERY_S = 5.0
UNHEALTHY_AFTER_S = 60.0  # longer than Serve needs to replace a replica


def run(
    profile: Annotated[
        Profile | None, typer.Option(help="sandbox or live; without it, live when the keys are set")
    ] = None,
    demo: Annotated[bool, typer.Option("--demo/--no-demo", help="play a recorded dialogue (sandbox only)")] = True,
    port: Annotated[int | None, typer.Option(min=1, max=65535, help="default: PORT, else 8765")] = None,
    config: Annotated[Path | None, typer.Option(help="the graph; default: serve_config.yaml")] = None,
) -> None:
    """Start Balto here and serve counters until Ctrl-C.

    Without any keys this is the sandbox: emulated providers on this machine, and a recorded dialogue played through
    Balto's own WebSocket. With ELEVENLABS_API_KEY and XAI_API_KEY in .env or the environment it is live. A
    configuration that names other providers needs their keys instead.
    """
    with stop_signals() as stop:  # before anything is imported that starts threads
        environment = read_environment()
        if port is not None:
            environment = environment.model_copy(update={"port": port})
        config_file = read_config(find_config(config))
        chosen, graphs = _choose(environment, profile, config_file)
        _preflight(environment, config_file, graphs)
        os.environ.update(exported(environment, chosen, environment.port))
        banner(chosen, graphs)
        _serve(environment, chosen, config_file, demo, stop)


def _checked(environment: Environment, profile: Profile, config: ConfigFile) -> None:
    """An edited file, against all that its first version had to pass. Raises CommandError."""
    from configs.application import ApplicationSettings

    graphs = read_graphs(config, ApplicationSettings)
    choose_profile(environment, profile, graphs)
    if profile is Profile.SANDBOX:
        check_sandbox(config, graphs)
    _check_graph(config, [graph.settings for graph in graphs])


def _choose(
    environment: Environment, asked: Profile | None, config: ConfigFile
) -> "tuple[Profile, list[ApplicationSettings]]":
    """Sandbox or live, and the arguments of the graphs. Raises CommandError."""
    from configs.application import ApplicationSettings

    graphs = read_graphs(config, ApplicationSettings)
    chosen = choose_profile(environment, asked, graphs)
    if chosen is Profile.SANDBOX:
        check_sandbox(config, graphs)
    return chosen, [graph.settings for graph in graphs]


def _preflight(environment: Environment, config: ConfigFile, graphs: "Sequence[ApplicationSettings]") -> None:
    """Raises CommandError for whatever would stop the graph from starting."""
    options = config.document.get("http_options")
    host = options.get("host", "0.0.0.0") if isinstance(options, dict) else "0.0.0.0"
    check_port(str(host), environment.port)
    check_folder(environment.data_dir, "BALTO_DATA_DIR")
    check_folder(environment.published_db.parent, "DB_FILE")
    check_owner(environment.data_dir)
    check_published(environment.published_db, environment.data_dir)
    _check_graph(config, graphs)

    from deployments.machine import CONNECTIONS, most_connections

    if most_connections() < CONNECTIONS:
        few_files(most_connections())


def _check_graph(config: ConfigFile, graphs: "Sequence[ApplicationSettings]") -> None:
    """Raises CommandError."""
    for settings in graphs:
        check_shelves(settings.recommendation)

    from ray.serve.config import AutoscalingConfig
    from ray.serve.schema import DeploymentSchema, ServeDeploySchema

    from deployments.machine import machine_resources

    check_document(config, ServeDeploySchema)
    check_deployments(config, DeploymentSchema.model_fields)
    check_autoscaling(config, AutoscalingConfig)
    check_placement(config, machine_resources())


def _serve(environment: Environment, profile: Profile, config: ConfigFile, demo: bool, stop: threading.Event) -> None:
    from deployments.cluster import ClusterError, apply_config, start_cluster, stop_cluster
    from deployments.local_ray import lost_processes

    began_s = time.monotonic()
    with ExitStack() as stack:
        providers = stack.enter_context(emulators()) if profile is Profile.SANDBOX else None
        if providers:
            os.environ.update(providers.environment())
        try:
            with out.status("starting the graph", spinner="dots"):
                cluster = start_cluster(config.path, environment.port, log_to_driver=True)
        except ClusterError as error:
            raise CommandError(str(error)) from None
        try:
            ready(cluster.url, time.monotonic() - began_s)
            if providers:
                _welcome(cluster.url, environment.published_db, demo)
            how_to_stop()
            edits = Edits(config, partial(_checked, environment, profile), lambda path: apply_config(path, cluster))
            _watch(cluster, providers, edits, stop)
        finally:
            if not lost_processes():  # else nobody can be answered any more
                stopping()
            stop_cluster(cluster)


def _welcome(url: str, published_db: Path, demo: bool) -> None:
    """A counter of one's own, and the proof that it works. Its failure does not end the service."""
    from cli.run.demo import make_counter, play_first_dialogue
    from client.errors import ClientError

    try:
        api_key = make_counter(url)
        if demo:
            play_first_dialogue(url, api_key, published_db)
        counter_made(url, api_key)
    except ClientError as error:
        out.print(f"[bad]the demonstration did not work:[/bad] {error}")


def _watch(cluster: "Cluster", providers: Emulators | None, edits: Edits, stop: threading.Event) -> None:
    """Until told to stop. Raises CommandError when the service is gone for good, so that a supervisor restarts it."""
    from deployments.cluster import probe
    from deployments.local_ray import lost_processes

    healthy_s = time.monotonic()
    while not stop.wait(HEALTH_EVERY_S):
        if providers and not providers.running:
            raise CommandError("the sandbox's emulators ended; start again with: balto run --profile sandbox")
        if lost := lost_processes():
            raise CommandError(
                f"Ray's {' and '.join(lost)} ended, and the service with it; start again with: balto run"
            )
        edits.look()
        problem = probe(f"{cluster.url}/saude")
        if not problem:
            healthy_s = time.monotonic()
        elif time.monotonic() - healthy_s > UNHEALTHY_AFTER_S:
            raise CommandError(f"the service has not answered for {UNHEALTHY_AFTER_S:.0f} s ({problem})")
