"""What stands for the providers in a measured graph: doubles inside it, or HTTP emulators in a process of their own.

With doubles the graph is measured and nothing else. With emulators the replicas of a shop run, and every utterance
and question goes over HTTP; the emulators are not part of the graph's cost, but share its machine.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from enum import StrEnum
from typing import Any

from benchmarks.scale.graph import doubled_config, shop_config
from cli.run.emulators import emulators


class Providers(StrEnum):
    DOUBLES = "doubles"
    EMULATORS = "emulators"


@contextmanager
def standing_in(providers: Providers) -> Iterator[tuple[dict[str, Any], dict[str, str]]]:
    """The graph's configuration, and what its environment adds. Raises CommandError when emulators do not start."""
    if providers is Providers.DOUBLES:
        yield doubled_config(), {}
        return
    with emulators() as running:
        yield shop_config(), running.environment()
