"""A graph whose process does not start as it should."""

import sys
from pathlib import Path

import pytest

from benchmarks.scale.graph import Graph, GraphError


@pytest.mark.parametrize(("does", "raised"), [("echo nonsense; exec sleep 60", ValueError), ("exit 3", GraphError)])
def test_what_did_not_start_does_not_stay(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, does: str, raised: type[Exception]
) -> None:
    interpreter = tmp_path / "python"
    interpreter.write_text(f"#!/bin/sh\n{does}\n", encoding="utf-8")
    interpreter.chmod(0o700)
    monkeypatch.setattr(sys, "executable", str(interpreter))
    graph = Graph({}, tmp_path)
    with pytest.raises(raised):
        graph.__enter__()
    assert graph._process.returncode is not None
