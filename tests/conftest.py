"""A test under tests/<category>/ carries that category's marker; `virtual_time` tests get a clock that jumps."""

import asyncio
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.fakes.virtual_time import VirtualTimeLoop

CATEGORIES = {"unit", "contract", "serve", "browser"}


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    root = Path(__file__).parent
    for item in items:
        category = item.path.relative_to(root).parts[0]
        if category in CATEGORIES:
            item.add_marker(category)


def pytest_asyncio_loop_factories(
    config: pytest.Config, item: pytest.Item
) -> dict[str, Callable[[], asyncio.AbstractEventLoop]]:
    if item.get_closest_marker("virtual_time"):
        return {"virtual": VirtualTimeLoop}
    return {"real": asyncio.new_event_loop}
