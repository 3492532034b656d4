"""A sandbox of its own for every test, and a reading of the shipped audio."""

from collections.abc import AsyncIterator
from functools import cache

import pytest

from configs.environment import Environment
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
        }
    )


@pytest.fixture
def dialogue() -> Dialogue:
    return next(dialogue for dialogue in load_dialogues() if dialogue.name == FIRST_DIALOGUE)
