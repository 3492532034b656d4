"""A graph in a process of its own, told what to do by JSON lines on its standard input; answers on standard output.

    {"do": "measure"}                                  what every ingress replica measured
    {"do": "replicas"}                                 deployment -> [[replica id, pid, state, node id], …]
    {"do": "add_node", "cpus": 4}                      a second node, on this machine
    {"do": "deploy", "config": "path.yaml"}            as `serve deploy` does
Its input's end, or SIGTERM, stops the graph. A start or an order that is not done in time ends the process, and its
standard error says where every thread was; so does SIGABRT.
"""

import argparse
import faulthandler
import json
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager, redirect_stdout
from pathlib import Path
from typing import Any, TextIO

from cli.run.signals import stop_signals
from deployments.cluster import Cluster, apply_config, start_cluster, stop_cluster

ANSWER_TIMEOUT_S = 10.0
ORDER_TIMEOUT_S = 60.0
READY_TIMEOUT_S = 120.0
START_TIMEOUT_S = READY_TIMEOUT_S + 30.0  # Ray's own start comes first


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--config", type=Path, required=True)
    parser.add_argument("--port", type=int, required=True)
    arguments = parser.parse_args()
    faulthandler.enable()
    with stop_signals(), own_output() as answers:
        began = time.monotonic()
        faulthandler.dump_traceback_later(START_TIMEOUT_S, exit=True)
        cluster = start_cluster(arguments.config, arguments.port, ready_timeout_s=READY_TIMEOUT_S)
        faulthandler.cancel_dump_traceback_later()
        try:
            _answer({"ready_s": time.monotonic() - began}, answers)
            for line in sys.stdin:
                faulthandler.dump_traceback_later(ORDER_TIMEOUT_S, exit=True)
                _answer(_do(json.loads(line), cluster), answers)
                faulthandler.cancel_dump_traceback_later()
        finally:
            stop_cluster(cluster)


@contextmanager
def own_output() -> Iterator[TextIO]:
    """Standard output; what others in this process print meanwhile, Ray above all, goes to standard error.

    From its own threads, that is: into the midst of a line.
    """
    answers = sys.stdout
    with redirect_stdout(sys.stderr):
        yield answers


def _answer(answer: object, answers: TextIO) -> None:
    print(json.dumps(answer), file=answers, flush=True)


def _do(order: dict[str, Any], cluster: Cluster) -> Any:
    match order["do"]:
        case "measure":
            from deployments.retirement import ask_every_ingress

            return ask_every_ingress("balto", "measurements", ANSWER_TIMEOUT_S)
        case "replicas":
            return _replicas()
        case "add_node":
            return _add_node(order["cpus"])
        case "deploy":
            apply_config(Path(order["config"]), cluster)
            return "deployed"
        case other:
            return {"error": f"unknown order {other}"}


def _replicas() -> dict[str, list[tuple[str, int | None, str, str | None]]]:
    from ray.serve.context import _get_global_client

    client = _get_global_client()
    assert client is not None
    deployments = client.get_serve_details()["applications"]["balto"]["deployments"]
    return {
        name: [
            (replica["replica_id"], replica.get("pid"), str(replica["state"]), replica.get("node_id"))
            for replica in deployment["replicas"]
        ]
        for name, deployment in deployments.items()
    }


def _add_node(cpus: int) -> str:
    """A second node on this machine: another raylet, as `ray start --address` on another machine starts one.

    Without a log monitor, which outlives it: nothing on this machine ends what `ray start` began.
    """
    import ray

    from deployments.local_ray import OBJECT_STORE_BYTES

    address = ray.get_runtime_context().gcs_address
    command = [str(Path(sys.executable).with_name("ray")), "start", f"--address={address}", f"--num-cpus={cpus}"]
    options = [f"--object-store-memory={OBJECT_STORE_BYTES}", "--include-log-monitor=false"]
    subprocess.run([*command, *options], check=True, stdout=subprocess.DEVNULL)
    return "added"


if __name__ == "__main__":
    main()
