"""What an evaluation runs with: the graph's own settings, changed by `--set`, and the providers it talks to."""

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import yaml
from pydantic import BaseModel, ConfigDict, ValidationError

from cli.output import CommandError
from cli.run.config_file import check_config, find_config, read_config
from cli.run.environment import read_environment
from configs.application import ApplicationSettings
from configs.environment import Environment

SANDBOX_KEY = "sandbox"


class _Document(BaseModel):
    """As much of `serve_config.yaml` as the settings need; the rest is Ray Serve's."""

    model_config = ConfigDict(extra="allow")

    applications: list[dict[str, Any]]


def read_settings(config: Path | None, changes: Sequence[str]) -> ApplicationSettings:
    """Of the graph in `config` (default: as `balto run` finds it), then what the site's environment sets of them, then
    texts like `model.name=grok-4.5`. Raises CommandError.
    """
    file = read_config(find_config(config))
    found = check_config(file, _Document, ApplicationSettings)
    if not found:
        raise CommandError(f"{file.path}: no application of it is Balto's graph (deployments.app:build_app)")
    settings = found[0].model_dump(exclude_unset=True)
    if (threshold := read_environment().vad_energy_threshold) is not None:
        settings.setdefault("gate", {})["energy_threshold"] = threshold
    for change in changes:
        _change(settings, change)
    try:
        return ApplicationSettings.model_validate(settings)
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join(map(str, first["loc"]))
        raise CommandError(f"--set {where}: {first['msg']}; settings and their defaults: configs/*.py") from None


def _change(settings: dict[str, Any], change: str) -> None:
    name, sign, text = change.partition("=")
    *path, last = name.strip().split(".")
    if not sign or not path or not last:
        raise CommandError(f"--set {change}: write section.name=value, for example model.name=grok-4.5")
    for step in path:
        settings = settings.setdefault(step, {})
        if not isinstance(settings, dict):
            raise CommandError(f"--set {change}: {step} holds a value, not settings")
    try:
        settings[last] = yaml.safe_load(text)
    except yaml.YAMLError:
        raise CommandError(f"--set {change}: the value is not YAML") from None


@asynccontextmanager
async def providers(*, sandbox: bool) -> AsyncIterator[Environment]:
    """Keys and addresses: the environment's, or those of emulators that live as long as this does."""
    if not sandbox:
        yield Environment()
        return
    from sandbox.server import SandboxServer

    async with SandboxServer() as server:
        yield Environment.model_validate(
            {
                "ELEVENLABS_API_KEY": SANDBOX_KEY,
                "ELEVENLABS_BASE_URL": server.url,
                "XAI_API_KEY": SANDBOX_KEY,
                "XAI_BASE_URL": server.url,
            }
        )
