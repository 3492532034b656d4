"""How the raylet's command line differs from the one that Ray gives it: `ray.init` has no settings for these.

A part that does not look as it does in Ray 2.60 is left as it is.
"""

import subprocess
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any

from ray._private import ray_constants, services

AGENT = "--dashboard_agent_command="
NO_AGENT = AGENT + " "  # the raylet refuses an empty command, and starts nothing for a blank one
AGENT_PORTS = ("--metrics-agent-port", "--metrics_export_port", "--dashboard_agent_listen_port")
NO_PORT = -1  # 0 would be waited for
WORKER = "--python_worker_command="
ENVIRONMENTS = "--runtime_env_agent_command="

Command = list[str]


@contextmanager
def raylet_command(change: Callable[[Command], Command]) -> Iterator[None]:
    """Have Ray start its raylet with a changed command line meanwhile."""
    start = services.start_ray_process

    def start_changed(command: Command, process_type: str, *rest: Any, **options: Any) -> Any:
        if process_type == ray_constants.PROCESS_TYPE_RAYLET:
            command = change(command)
        return start(command, process_type, *rest, **options)

    services.start_ray_process = start_changed
    try:
        yield
    finally:
        services.start_ray_process = start


def without_dashboard_agent(command: Command) -> Command:
    """It serves a dashboard and exports Ray's own metrics."""
    if not any(argument.startswith(AGENT) for argument in command):
        return command
    kept = [argument for argument in command if not argument.startswith((AGENT, *AGENT_PORTS))]
    return [*kept, NO_AGENT, *(f"{port}={NO_PORT}" for port in AGENT_PORTS)]


def with_script(flag: str, script: Sequence[str], command: Command) -> Command:
    """Have `script` and its arguments put before Ray's own, for the interpreter in what `flag` gives."""
    return [_put_before(script, flag, argument) if argument.startswith(flag) else argument for argument in command]


def _put_before(script: Sequence[str], flag: str, argument: str) -> str:
    interpreter, _, rest = argument.removeprefix(flag).partition(" ")
    if interpreter.startswith('"'):  # a path with spaces
        return argument
    return flag + " ".join([interpreter, subprocess.list2cmdline(script), rest])
