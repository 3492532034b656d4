"""A sandbox of its own for every test, and a reading of the shipped audio."""

import os
from collections import defaultdict
from collections.abc import AsyncIterator, Callable, Iterable
from dataclasses import dataclass
from functools import cache
from typing import Generic, TypeVar

import pytest

from configs.environment import Environment
from pipeline.events import ProviderCalled
from sandbox.behaviour import Behaviour, Timing
from sandbox.recogniser import Recogniser
from sandbox.recordings import FIRST_DIALOGUE, Dialogue, load_dialogues
from sandbox.server import SandboxServer


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """The real services cost money: their tests run with `-m live` only."""
    if "live" in config.getoption("-m"):
        return
    live = [item for item in items if item.get_closest_marker("live")]
    if live:
        config.hook.pytest_deselected(items=live)
        items[:] = [item for item in items if item not in live]


@pytest.fixture(params=["sandbox", pytest.param("live", marks=pytest.mark.live)])
def live(request: pytest.FixtureRequest) -> bool:
    """Whether a conformance suite runs against the real service."""
    return request.param == "live"


IN_THE_SANDBOX = pytest.mark.parametrize("live", ["sandbox"], indirect=True)  # only emulators play faults

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Place(Generic[T]):
    """Where a conformance suite runs: it makes clients of the service there, and keeps what they pay."""

    live: bool
    make: Callable[..., T]
    pay: Callable[[Iterable[ProviderCalled]], None]


PAID = pytest.StashKey[defaultdict[str, list[float]]]()


@pytest.fixture
def pay(request: pytest.FixtureRequest, live: bool) -> Callable[[Iterable[ProviderCalled]], None]:
    """Keep what calls to real services cost; the sum is printed at the end."""
    if not live:
        return lambda _: None
    bill = request.config.stash.setdefault(PAID, defaultdict(list))

    def keep(calls: Iterable[ProviderCalled]) -> None:
        for call in calls:
            bill[f"{call.provider} {call.model}"].append(call.cost_usd)

    return keep


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter, config: pytest.Config) -> None:
    for service, usd in sorted(config.stash.get(PAID, {}).items()):
        terminalreporter.write_line(f"{service}: {len(usd)} calls, USD {sum(usd):.6f}")


def live_service(kind: str) -> dict[str, object]:
    """Address and model of an OpenAI-compatible service to try with `-m live`, as far as they are given."""
    given = {"base_url": os.environ.get(f"BALTO_LIVE_{kind}_URL"), "model": os.environ.get(f"BALTO_LIVE_{kind}_MODEL")}
    return {name: value for name, value in given.items() if value}


QUICK = Timing(speech_s=0.01, commit_s=0.01, chat_s=0.01)


@cache
def shared_recogniser() -> Recogniser:
    return Recogniser(load_dialogues())


@pytest.fixture
async def sandbox() -> AsyncIterator[SandboxServer]:
    behaviour = Behaviour(timing=QUICK, recogniser=shared_recogniser())
    async with SandboxServer(behaviour=behaviour) as server:
        yield server


@pytest.fixture
def environment(sandbox: SandboxServer) -> Environment:
    """Keys that the emulators take, and their addresses; nothing of this machine's own."""
    return Environment.model_validate(
        {
            "ELEVENLABS_API_KEY": "sandbox-key",
            "ELEVENLABS_BASE_URL": sandbox.url,
            "XAI_API_KEY": "sandbox-key",
            "XAI_BASE_URL": sandbox.url,
            "BALTO_STT_API_KEY": "sandbox-key",
            "BALTO_LLM_API_KEY": "sandbox-key",
        }
    )


@pytest.fixture
def dialogue() -> Dialogue:
    return next(dialogue for dialogue in load_dialogues() if dialogue.name == FIRST_DIALOGUE)
