"""Sandbox or live: decided from the keys that the configuration needs, and never in production's stead."""

from collections.abc import Sequence

from cli.output import CommandError
from cli.run.config_file import ConfigFile, Graph
from cli.run.providers import is_here, keys_set, needed_keys, own_addresses
from configs.application import ApplicationSettings
from configs.environment import Environment, Profile

ASK_FOR_SANDBOX = "to try Balto without keys ask for the sandbox: balto run --profile sandbox"


def choose_profile(
    environment: Environment, asked: Profile | None, graphs: Sequence[Graph[ApplicationSettings]]
) -> Profile:
    """The sandbox only when it is asked for, or when nothing is asked, keys are needed and no provider's key is set.

    Raises CommandError that names the missing keys otherwise.
    """
    asked = asked or environment.profile
    present = keys_set(environment)
    needed = dict.fromkeys(key for graph in graphs for key in needed_keys(graph.settings))
    if asked is Profile.SANDBOX or (asked is None and needed and not present):
        return Profile.SANDBOX
    missing = [key for key in needed if key not in present]
    if missing:
        names = " and ".join(missing)
        raise CommandError(f"to run live, set {names} in .env or in the environment; {ASK_FOR_SANDBOX}")
    return Profile.LIVE


def check_sandbox(config: ConfigFile, graphs: Sequence[Graph[ApplicationSettings]]) -> None:
    """Raises CommandError for a provider that would be called outside this machine: emulated ones never are."""
    for graph in graphs:
        for where, base_url in own_addresses(graph.settings):
            if not is_here(base_url):
                raise CommandError(
                    f"{config.at((*graph.location, *where))}: the sandbox calls nobody outside this machine, and "
                    f"{'.'.join(where)} is {base_url}; give an address here, choose another provider, or run live"
                )
