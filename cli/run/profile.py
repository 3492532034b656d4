"""Sandbox or live: decided from the keys that are set, and never in production's stead."""

from pydantic import SecretStr

from cli.output import CommandError
from configs.environment import Environment, Profile

ASK_FOR_SANDBOX = "to try Balto without keys ask for the sandbox: balto run --profile sandbox"


def choose_profile(environment: Environment, asked: Profile | None) -> Profile:
    """The sandbox only when it is asked for, or when nothing is asked and neither key is set.

    Raises CommandError that names the missing keys otherwise.
    """
    asked = asked or environment.profile
    missing = missing_keys(environment)
    if asked is Profile.SANDBOX or (asked is None and len(missing) == 2):
        return Profile.SANDBOX
    if missing:
        names = " and ".join(missing)
        raise CommandError(f"to run live, set {names} in .env or in the environment; {ASK_FOR_SANDBOX}")
    return Profile.LIVE


def missing_keys(environment: Environment) -> list[str]:
    """An empty value, as a copied `.env.example` leaves it, counts as missing."""
    keys = {"ELEVENLABS_API_KEY": environment.elevenlabs_api_key, "XAI_API_KEY": environment.xai_api_key}
    return [name for name, key in keys.items() if not _is_set(key)]


def _is_set(key: SecretStr | None) -> bool:
    return key is not None and bool(key.get_secret_value().strip())
