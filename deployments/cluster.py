"""A local Ray cluster that runs the graph: its environment, its start, its stop.

Used by `balto run` and by the tests that need a real cluster. Ray reads most of its settings from the environment
when `ray.serve` is first imported, here and in every process it starts: `start_cluster` sets them before importing it.
"""

import logging
import os
import shutil
import sys
import tempfile
import time
import urllib.error
import urllib.request
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import yaml

from deployments.forking import ForkServer, start_fork_server
from deployments.haproxy_program import haproxy_environment
from deployments.machine import free_port, haproxy_threads, logical_cpus, most_connections

if TYPE_CHECKING:
    from ray.serve.schema import ApplicationStatusOverview, ServeDeploySchema

POLL_S = 0.05


class ClusterError(Exception):
    """The graph did not become ready; the message says what is missing and where the logs are."""


@dataclass(frozen=True, slots=True)
class Cluster:
    """A running local cluster. `stop_cluster` ends it."""

    port: int
    run_dir: Path  # Ray's sessions and logs, HAProxy's files
    url: str
    forks: ForkServer | None


def cluster_environment(run_dir: Path) -> dict[str, str]:
    """The environment of every process of the graph. What the operator has set already is kept."""
    haproxy = run_dir / "haproxy"
    chosen = {
        "RAY_SERVE_ENABLE_HA_PROXY": "1",  # the Python proxy costs 14 times the CPU per message
        "RAY_SERVE_HAPROXY_HARD_STOP_AFTER_S": "3600",  # a reload must not cut live sockets after two minutes
        "RAY_SERVE_PORT_QUARANTINE_S": "0",  # one application: no port is inherited by another
        "RAY_SERVE_HAPROXY_NBTHREAD": str(haproxy_threads()),
        "RAY_SERVE_HAPROXY_MAXCONN": str(most_connections()),
        "RAY_SERVE_HAPROXY_METRICS_PORT": str(free_port()),  # fixed ones stop a second instance on the machine
        "RAY_SERVE_HAPROXY_STATS_PORT": str(free_port()),
        "RAY_SERVE_FALLBACK_PROXY_HTTP_PORT": str(free_port()),
        "RAY_SERVE_HAPROXY_CONFIG_FILE_LOC": str(haproxy / "haproxy.cfg"),
        "RAY_SERVE_HAPROXY_SOCKET_PATH": str(haproxy / "admin.sock"),
        "RAY_SERVE_HAPROXY_SERVER_STATE_BASE": str(haproxy),
        "RAY_SERVE_HAPROXY_SERVER_STATE_FILE": str(haproxy / "server-state"),
        "RAY_SERVE_HAPROXY_METRICS_SOCKET_PATH": str(haproxy / "metrics.sock"),
        # After this uvicorn cuts sockets without a reason: longer than an open utterance has to end and be answered.
        "RAY_SERVE_DIRECT_INGRESS_MIN_DRAINING_PERIOD_S": "8",
        # User code and its handles on the replica's own loop: a thread's hop per message costs more than the message.
        "RAY_SERVE_RUN_USER_CODE_IN_SEPARATE_THREAD": "0",
        "RAY_SERVE_RUN_ROUTER_IN_SEPARATE_LOOP": "0",
        "RAY_SERVE_HTTP_PROXY_CALLBACK_IMPORT_PATH": "deployments.backpressure:middlewares",
        "RAY_SERVE_FREEZE_GC_ON_STARTUP": "1",  # what was imported is never collected: do not look through it
        "RAY_SERVE_QUEUE_LENGTH_RESPONSE_DEADLINE_S": "1",  # one that starts is busy for longer than 0.1
        "RAY_SERVE_PROXY_HEALTH_CHECK_PERIOD_S": "2",  # a dead HAProxy is replaced after 3: the default, 10, takes 25 s
        "RAY_SERVE_CONTROL_LOOP_INTERVAL_S": "0.2",  # twice the default: half the controller's work, all day long
        "RAY_SERVE_METRICS_EXPORT_INTERVAL_MS": "2000",  # the default, 100, is a hundredth of a core a replica
        "RAY_SERVE_REPLICA_AUTOSCALING_METRIC_PUSH_INTERVAL_S": "2",  # the default, 10, leaves one gate alone too long
        "RAY_AUTH_MODE": "disabled",  # else Ray writes ~/.ray/auth_token and later clusters ask for it
        "RAY_USAGE_STATS_ENABLED": "0",
        "RAY_worker_niceness": "0",  # the default, 15, starves beside anything else
    }
    return {name: os.environ.get(name, value) for name, value in chosen.items()}


def start_cluster(
    config_path: Path,
    port: int,
    *,
    host: str | None = None,
    ready_timeout_s: float = 120.0,
    log_to_driver: bool = False,
) -> Cluster:
    """Start Ray in this process, deploy `config_path` on `port`, return once `/pronto` answers 200.

    Ray handles SIGTERM from then on, by aborting the process: who wants another end blocks it (cli/run/signals.py).

    `host` replaces the one in the file. Raises ClusterError when the graph does not become ready; what was
    started is stopped then.
    """
    # A short path: the sockets inside it may not exceed 107 bytes.
    run_dir = Path(tempfile.mkdtemp(prefix="balto-", dir="/tmp"))
    (run_dir / "haproxy").mkdir()
    os.environ.update(cluster_environment(run_dir) | haproxy_environment(run_dir / "haproxy"))
    cluster = Cluster(port, run_dir, f"http://127.0.0.1:{port}", start_fork_server(run_dir))
    try:
        config = _read(config_path, port, host)
        _start_ray(cluster, log_to_driver)
        _start_serve(config)
        _deploy(config)
        _await_ready(cluster, ready_timeout_s)
    except BaseException as error:
        _stop_ray(cluster)
        if not isinstance(error, Exception):  # interrupted: nobody needs the logs
            shutil.rmtree(run_dir, ignore_errors=True)
        raise
    return cluster


def apply_config(config_path: Path, cluster: Cluster) -> None:
    """Have the running graph become what `config_path` says; its `http_options` are those of the start."""
    _deploy(_read(config_path, cluster.port, None))


def stop_cluster(cluster: Cluster) -> None:
    """Drain the graph, end every process of it, remove its run folder."""
    _stop_ray(cluster)
    shutil.rmtree(cluster.run_dir, ignore_errors=True)


def _read(config_path: Path, port: int, host: str | None) -> "ServeDeploySchema":
    from ray.serve.schema import ServeDeploySchema

    from deployments.scaling import with_policies

    document = yaml.safe_load(config_path.read_text(encoding="utf-8"))
    http_options = {**document.get("http_options", {}), "port": port}
    if host is not None:
        http_options["host"] = host
    return ServeDeploySchema.model_validate({**with_policies(document), "http_options": http_options})


def _start_ray(cluster: Cluster, log_to_driver: bool) -> None:
    from deployments.local_ray import start_local_ray

    start_local_ray(logical_cpus(), cluster.run_dir / "ray", cluster.forks, log_to_driver=log_to_driver)


def _deploy(config: "ServeDeploySchema") -> None:
    """What `serve run` does with a file."""
    from ray.serve.context import _get_global_client

    client = _get_global_client()
    if client is None:
        raise ClusterError("Ray Serve did not start")
    client.deploy_apps(config)


def _start_serve(config: "ServeDeploySchema") -> None:
    from ray import serve
    from ray.serve.schema import LoggingConfig

    logging.getLogger("ray.serve").setLevel(logging.WARNING)
    serve.start(
        proxy_location=config.proxy_location,
        http_options=config.http_options.model_dump(),
        # The controller warns of its own housekeeping; the replicas log as the file says.
        logging_config=LoggingConfig(log_level="ERROR", enable_access_log=False),
    )


def _await_ready(cluster: Cluster, timeout_s: float) -> None:
    from ray import serve

    from deployments.local_ray import lost_processes

    deadline = time.monotonic() + timeout_s
    answer = "nothing yet"
    while time.monotonic() < deadline:
        answer = probe(f"{cluster.url}/pronto")
        if not answer:
            return
        if lost := lost_processes():
            raise ClusterError(f"Ray's {' and '.join(lost)} ended during the start (logs: {cluster.run_dir})")
        for name, application in serve.status().applications.items():
            if application.status == "DEPLOY_FAILED":
                raise ClusterError(f"{name} could not start: {_reason(application)} (logs: {cluster.run_dir})")
        time.sleep(POLL_S)  # before there is an event loop in this process: other ones start the graph
    raise ClusterError(f"not ready after {timeout_s:.0f} s: /pronto says: {answer} (logs: {cluster.run_dir})")


def probe(url: str) -> str:
    """Empty when `url` answers 200, else what it answered."""
    try:
        with urllib.request.urlopen(url, timeout=2):  # loopback, our own port
            return ""
    except urllib.error.HTTPError as refused:
        body: str = refused.read(500).decode("utf-8", "replace")
        return f"{refused.code} {body}".strip()
    except OSError as unreachable:
        return str(unreachable)


def _reason(application: "ApplicationStatusOverview") -> str:
    """The error itself: the last line of the traceback of the stage that failed."""
    failed = [stage.message for stage in application.deployments.values() if "FAILED" in str(stage.status)]
    lines = [line.strip() for message in (application.message, *failed) for line in message.splitlines()]
    return next((line for line in reversed(lines) if line), "no reason given")


def _stop_ray(cluster: Cluster) -> None:
    try:
        if "ray" in sys.modules:
            from deployments.shutdown import shut_ray_down

            shut_ray_down()
    finally:
        if cluster.forks is not None:
            cluster.forks.close()
