import pytest
from pydantic import SecretStr

from cli.output import CommandError
from cli.run.profile import choose_profile
from configs.environment import Environment, Profile

SANDBOX, LIVE = Profile.SANDBOX, Profile.LIVE


def environment(elevenlabs: str | None, xai: str | None, profile: Profile | None = None) -> Environment:
    keys = {"elevenlabs_api_key": elevenlabs, "xai_api_key": xai}
    return Environment.model_construct(
        profile=profile, **{name: None if key is None else SecretStr(key) for name, key in keys.items()}
    )


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
    assert choose_profile(environment(elevenlabs, xai), asked) is chosen
    assert choose_profile(environment(elevenlabs, xai, asked), None) is chosen


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
        choose_profile(environment(elevenlabs, xai), asked)


def test_an_option_goes_before_the_environment() -> None:
    assert choose_profile(environment("k", "k", SANDBOX), LIVE) is LIVE
