"""Start a graph in its own process and speak to it; used by the benchmark and by the tests on a real cluster."""

import json
import os
import signal
import subprocess
import sys
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import yaml

from deployments.machine import free_port

ROOT = Path(__file__).parents[2]
AS_INSTALLED = Path(__file__).parent / "as_installed"
STOP_TIMEOUT_S = 90.0


class GraphError(RuntimeError):
    """The graph's process ended, or answered something else than what was asked."""


def shop_config() -> dict[str, Any]:
    """`serve_config.yaml` as it is."""
    document: dict[str, Any] = yaml.safe_load((ROOT / "serve_config.yaml").read_text(encoding="utf-8"))
    return document


def doubled_config(**overrides: Any) -> dict[str, Any]:
    """`serve_config.yaml` with doubles for the providers. `overrides`: deployment name -> its fields to change."""
    document = shop_config()
    application = document["applications"][0]
    application["import_path"] = "benchmarks.scale.app:build_app"
    for deployment in application["deployments"]:
        deployment.update(overrides.get(deployment["name"], {}))
    return document


class Graph:
    """Use as a context manager; `order` speaks to the graph, `stop` ends it as SIGTERM does."""

    def __init__(self, config: dict[str, Any], folder: Path, environment: dict[str, str] | None = None) -> None:
        self.port = free_port()
        self.folder = folder
        self._config_file = folder / "serve.yaml"
        self.write(config)
        own = {
            "BALTO_PROFILE": "sandbox",
            "BALTO_DATA_DIR": str(folder / "dados"),
            "ELEVENLABS_API_KEY": "double",
            "XAI_API_KEY": "double",
            "PYTHONPATH": os.pathsep.join(filter(None, [str(AS_INSTALLED), os.environ.get("PYTHONPATH")])),
        }
        self._environment = os.environ | own | (environment or {})
        self.ready_s = 0.0

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    @property
    def pid(self) -> int:
        return self._process.pid

    def write(self, config: dict[str, Any]) -> Path:
        config = {**config, "http_options": {**config.get("http_options", {}), "port": self.port}}
        self._config_file.write_text(yaml.safe_dump(config), encoding="utf-8")
        return self._config_file

    def __enter__(self) -> Self:
        command = [sys.executable, "-m", "benchmarks.scale.host"]
        self._process = subprocess.Popen(
            [*command, "--config", str(self._config_file), "--port", str(self.port)],
            cwd=ROOT,
            env=self._environment,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        try:
            self.ready_s = float(self._read()["ready_s"])
        except BaseException:
            self.stop()
            raise
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    def order(self, do: str, **more: Any) -> Any:
        assert self._process.stdin is not None
        self._process.stdin.write(json.dumps({"do": do, **more}) + "\n")
        self._process.stdin.flush()
        return self._read()

    def deploy(self, config: dict[str, Any]) -> None:
        self.order("deploy", config=str(self.write(config)))

    def terminate(self) -> None:
        """SIGTERM, without waiting."""
        self._process.terminate()

    def stop(self) -> None:
        if self._process.poll() is None:
            self._process.terminate()
        try:
            self._process.wait(STOP_TIMEOUT_S)
        except subprocess.TimeoutExpired:
            self._process.send_signal(signal.SIGABRT)
            self._process.wait()
            raise GraphError(f"the graph did not stop in {STOP_TIMEOUT_S:g} s; its threads are above") from None
        for pipe in (self._process.stdin, self._process.stdout):
            assert pipe is not None
            pipe.close()

    def _read(self) -> Any:
        assert self._process.stdout is not None
        if line := self._process.stdout.readline():
            return json.loads(line)
        raise GraphError(f"the graph's process ended with {self._process.wait(STOP_TIMEOUT_S)}")
