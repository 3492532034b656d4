from pathlib import Path
from typing import Any

import pytest
import yaml
from pydantic import SecretStr

from cli.output import CommandError
from cli.run.config_file import ConfigFile, Graph, read_config, read_graphs
from cli.run.profile import check_sandbox, choose_profile
from configs.application import ApplicationSettings
from configs.environment import Environment, Profile

SANDBOX, LIVE = Profile.SANDBOX, Profile.LIVE
LOCAL = {"transcription": {"providers": ["openai_compatible"]}, "model": {"provider": "openai_compatible"}}
VARIABLES = {
    "elevenlabs_api_key": "ELEVENLABS_API_KEY",
    "xai_api_key": "XAI_API_KEY",
    "stt_api_key": "BALTO_STT_API_KEY",
    "llm_api_key": "BALTO_LLM_API_KEY",
}


def environment(*, profile: Profile | None = None, **keys: str | None) -> Environment:
    given = {name: None if keys.get(name) is None else SecretStr(str(keys[name])) for name in VARIABLES}
    return Environment.model_construct(profile=profile, **given)


def both(elevenlabs: str | None, xai: str | None, profile: Profile | None = None) -> Environment:
    return environment(profile=profile, elevenlabs_api_key=elevenlabs, xai_api_key=xai)


def graphs(**args: Any) -> list[Graph[ApplicationSettings]]:
    return [Graph((), ApplicationSettings.model_validate(args))]


@pytest.mark.parametrize(
    ("elevenlabs", "xai", "asked", "chosen"),
    [
        (None, None, None, SANDBOX),
        ("", "  ", None, SANDBOX),  # a copied .env.example
        ("k", "k", None, LIVE),
        ("k", "k", LIVE, LIVE),
        ("k", "k", SANDBOX, SANDBOX),
        ("k", None, SANDBOX, SANDBOX),
    ],
)
def test_the_profile_follows_from_what_is_asked_and_set(
    elevenlabs: str | None, xai: str | None, asked: Profile | None, chosen: Profile
) -> None:
    assert choose_profile(both(elevenlabs, xai), asked, graphs()) is chosen
    assert choose_profile(both(elevenlabs, xai, asked), None, graphs()) is chosen


@pytest.mark.parametrize(
    ("elevenlabs", "xai", "asked", "named"),
    [
        ("k", None, None, "set XAI_API_KEY in"),
        (None, "k", None, "set ELEVENLABS_API_KEY in"),
        ("k", "", LIVE, "set XAI_API_KEY in"),
        (None, None, LIVE, "set ELEVENLABS_API_KEY and XAI_API_KEY in"),
    ],
)
def test_production_never_becomes_the_sandbox(
    elevenlabs: str | None, xai: str | None, asked: Profile | None, named: str
) -> None:
    with pytest.raises(CommandError, match=f"{named}.*--profile sandbox"):
        choose_profile(both(elevenlabs, xai), asked, graphs())


def test_an_option_goes_before_the_environment() -> None:
    assert choose_profile(both("k", "k", SANDBOX), LIVE, graphs()) is LIVE


@pytest.mark.parametrize(
    ("args", "needed"),
    [
        ({"model": {"provider": "none"}}, "ELEVENLABS_API_KEY"),
        ({"model": LOCAL["model"]}, "ELEVENLABS_API_KEY"),
        ({"transcription": LOCAL["transcription"]}, "XAI_API_KEY"),
        ({"transcription": {"providers": ["xai"]}}, "XAI_API_KEY"),
        (LOCAL | {"transcription": {"providers": ["openai_compatible"], "mode": "realtime"}}, "ELEVENLABS_API_KEY"),
        (LOCAL | {"transcription": {"providers": ["openai_compatible", "elevenlabs"]}}, "ELEVENLABS_API_KEY"),
    ],
)
def test_only_the_keys_of_configured_providers_are_asked_for(args: dict[str, Any], needed: str) -> None:
    field = next(field for field, variable in VARIABLES.items() if variable == needed)
    assert choose_profile(environment(**{field: "k"}), None, graphs(**args)) is LIVE
    assert choose_profile(environment(), None, graphs(**args)) is SANDBOX
    with pytest.raises(CommandError, match=f"set {needed} in"):
        choose_profile(environment(), LIVE, graphs(**args))


def test_endpoints_of_ones_own_need_no_key_and_are_live() -> None:
    assert choose_profile(environment(), None, graphs(**LOCAL)) is LIVE


@pytest.mark.parametrize("other", ["elevenlabs_api_key", "stt_api_key", "llm_api_key"])
def test_any_key_that_is_set_keeps_from_the_sandbox(other: str) -> None:
    with pytest.raises(CommandError, match="set XAI_API_KEY in"):
        choose_profile(environment(**{other: "k"}), None, graphs(transcription=LOCAL["transcription"]))


def config(folder: Path, args: dict[str, Any]) -> ConfigFile:
    path = folder / "serve_config.yaml"
    path.write_text(yaml.safe_dump({"applications": [{"import_path": "deployments.app:build_app", "args": args}]}))
    return read_config(path)


def check(folder: Path, args: dict[str, Any]) -> None:
    file = config(folder, args)
    check_sandbox(file, read_graphs(file, ApplicationSettings))


@pytest.mark.parametrize(
    "base_url", ["http://127.0.0.1:8000", "http://localhost:11434", "http://[::1]:9/v1", "http://127.9.9.9"]
)
def test_the_sandbox_may_call_this_machine(tmp_path: Path, base_url: str) -> None:
    check(tmp_path, LOCAL | {"model": {"provider": "openai_compatible", "base_url": base_url}})


@pytest.mark.parametrize(
    "base_url",
    [
        "https://api.example.com",
        "http://192.168.0.9:8000",
        "http://localhost.example.com",
        "127.0.0.1:8000",
        "http://0",
    ],
)
def test_the_sandbox_refuses_to_call_out(tmp_path: Path, base_url: str) -> None:
    """And says in which line."""
    with pytest.raises(
        CommandError, match=rf"yaml, line \d: the sandbox calls nobody .* model\.base_url is {base_url};"
    ):
        check(tmp_path, {"model": {"provider": "openai_compatible", "base_url": base_url}})
    spoken = {"providers": ["elevenlabs", "openai_compatible"], "openai_compatible": {"base_url": base_url}}
    with pytest.raises(CommandError, match=r"transcription\.openai_compatible\.base_url is"):
        check(tmp_path, {"transcription": spoken})


def test_an_address_that_nobody_uses_is_nobodys_concern(tmp_path: Path) -> None:
    unused = {"base_url": "https://api.example.com"}
    check(tmp_path, {"model": unused, "transcription": {"openai_compatible": unused}})
