"""The comparison with a peer: which figures stand beside each other, and how they leave the run."""

import json
from pathlib import Path

import pytest

from benchmarks.peers import run
from benchmarks.peers.figures import comparison, peer_figures
from benchmarks.scale.figures import Figure, floor_figures, graph_figures
from benchmarks.scale.measure import Seen
from benchmarks.scale.processes import CONTROL, Usage
from benchmarks.scale.report import show, write

LOAD = {"carried": 20, "cards": 3, "sent_late": 0}


def seen(cpu_s: float) -> Seen:
    """20 counters for 10 s that cost `cpu_s`, every piece of audio decided within 7 ms, 40 MB more than idle."""
    idle, after = Usage(CONTROL, 1.0, 0), Usage(CONTROL, 1.0 + cpu_s, 40 * 2**20)
    return Seen({1: idle}, {1: idle}, {1: after}, 10.0, [0] * 7 + [2000] + [0] * 4993, LOAD)


def compared() -> dict[str, float]:
    figures = comparison(peer_figures(seen(4.0)), graph_figures(seen(2.0)), floor_figures(seen(0.5)))
    return {figure.name: figure.value for figure in figures}


def test_a_peer_is_measured_as_balto_is() -> None:
    values = compared()
    assert values["peer_counters"] == 20
    assert values["peer_cpu_ms_per_stream_s"] == 20.0
    assert values["peer_lag_p99_ms"] == 7
    assert values["peer_late_chunks"] == 0
    assert values["peer_mb_per_counter"] == 2.0


def test_the_ratios_are_those_of_the_cpu() -> None:
    values = compared()
    assert values["cpu_ms_per_stream_s"] == 10.0
    assert values["ratio_to_balto"] == 2.0
    assert values["ratio_to_balto_gate"] == 8.0


def test_figures_leave_as_json_lines_and_as_a_table(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    results = tmp_path / "results" / "some.jsonl"
    figures = [Figure("ratio_to_balto", 2.0, "ratio", "CPU over CPU")]
    write(results, figures)
    show("a run", figures)
    printed = capsys.readouterr()
    assert json.loads(printed.out) == {"figure": "ratio_to_balto", "value": 2.0, "unit": "ratio"}
    assert results.read_text(encoding="utf-8") == printed.out
    assert "a run" in printed.err
    assert "CPU over CPU" in printed.err


def test_without_the_peers_environment_the_run_says_what_makes_it(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(run, "PYTHON", tmp_path / ".bench-peers" / "bin" / "python")
    assert run.main() == 2
    assert "make bench-peers" in capsys.readouterr().err
