"""Every test module under tests/<category>/ carries that category's marker."""

from pathlib import Path

import pytest

CATEGORIES = {"unit", "contract", "serve", "browser"}


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    root = Path(__file__).parent
    for item in items:
        category = item.path.relative_to(root).parts[0]
        if category in CATEGORIES:
            item.add_marker(category)
