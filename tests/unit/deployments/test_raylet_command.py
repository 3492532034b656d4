"""What is changed in the raylet's command line, and that nothing is where it looks otherwise."""

from typing import Any

import pytest
from ray._private import services

from deployments.raylet_command import (
    ENVIRONMENTS,
    WORKER,
    raylet_command,
    with_script,
    without_dashboard_agent,
)

RAYLET = [
    "/ray/raylet",
    "--python_worker_command=/venv/python /ray/setup_worker.py /ray/default_worker.py --runtime-env-agent-port=0 --a",
    "--metrics-agent-port=0",
    "--metrics_export_port=0",
    "--runtime_env_agent_port=0",
    "--dashboard_agent_command=/venv/python -u /ray/agent.py --grpc-port=0",
    "--runtime_env_agent_command=/venv/python -u /ray/main.py --runtime-env-agent-port=0 --log-dir=/tmp",
]


def test_the_dashboard_agent_is_left_out_and_its_ports_are_not_waited_for() -> None:
    changed = without_dashboard_agent(RAYLET)
    assert "--dashboard_agent_command= " in changed
    assert {"--metrics-agent-port=-1", "--metrics_export_port=-1", "--dashboard_agent_listen_port=-1"} < set(changed)
    assert not any("agent.py" in argument or argument.endswith("metrics-agent-port=0") for argument in changed)
    assert without_dashboard_agent(RAYLET[:4]) == RAYLET[:4]


def test_a_script_is_put_before_what_the_interpreter_ran() -> None:
    (worker,) = set(with_script(WORKER, ["/b/fork client.py", "/s"], RAYLET)) - set(RAYLET)
    assert worker.startswith(
        '--python_worker_command=/venv/python "/b/fork client.py" /s /ray/setup_worker.py /ray/default_worker.py --'
    )
    (agent,) = set(with_script(ENVIRONMENTS, ["/b/end.py", "/venv/python"], RAYLET)) - set(RAYLET)
    assert agent.startswith("--runtime_env_agent_command=/venv/python /b/end.py /venv/python -u /ray/main.py --")
    quoted = ['--python_worker_command="/my venv/python" /ray/setup_worker.py']
    assert with_script(WORKER, ["/b/fork_client.py"], quoted) == quoted


def test_only_the_raylets_command_is_changed_and_only_meanwhile(monkeypatch: pytest.MonkeyPatch) -> None:
    started: list[tuple[list[str], str, dict[str, Any]]] = []

    def start(command: list[str], process_type: str, **options: Any) -> None:
        started.append((command, process_type, options))

    monkeypatch.setattr(services, "start_ray_process", start)
    with raylet_command(lambda command: [*command, "--more"]):
        services.start_ray_process(["gcs"], "gcs_server", fate_share=True)
        services.start_ray_process(["raylet"], "raylet", fate_share=True)
    assert started == [
        (["gcs"], "gcs_server", {"fate_share": True}),
        (["raylet", "--more"], "raylet", {"fate_share": True}),
    ]
    assert services.start_ray_process is start
