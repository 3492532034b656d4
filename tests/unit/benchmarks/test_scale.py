"""The arithmetic behind the figures, and what is said before a run that cannot be made."""

import os
import resource
from contextlib import nullcontext
from pathlib import Path
from unittest.mock import MagicMock

import pytest
from websockets.frames import Frame, Opcode

from benchmarks.scale import providers, run
from benchmarks.scale.figures import Figure, floor_figures, growth_mb_per_min, late, percentile, price
from benchmarks.scale.graph import doubled_config, shop_config
from benchmarks.scale.measure import BenchError, Seen
from benchmarks.scale.processes import CONTROL, Usage, cpu_by_kind, tree, usage
from benchmarks.scale.programme import frames
from benchmarks.scale.providers import Providers, standing_in
from cli.run.emulators import Emulators


def histogram(**by_ms: int) -> list[int]:
    counts = [0] * 5001
    for ms, count in by_ms.items():
        counts[int(ms.removeprefix("ms"))] = count
    return counts


def test_late_is_over_300_ms() -> None:
    assert late(histogram(ms300=5, ms301=2, ms5000=1)) == 3


def test_percentiles_of_a_histogram() -> None:
    counts = histogram(ms10=98, ms50=1, ms900=1)
    assert (percentile(counts, 0.5), percentile(counts, 0.99), percentile(counts, 1.0)) == (10, 50, 900)


def test_the_price_is_a_ratio() -> None:
    graph = [Figure("cpu_ms_per_stream_s", 1.5, "ms", "")]
    assert price(graph, [Figure("floor_cpu_ms_per_stream_s", 1.0, "ms", "")]).value == 1.5


def test_the_floor_before_and_after_the_graph_are_one() -> None:
    def run(cpu_s: float, **lag: int) -> Seen:
        before, after = {1: Usage("floor", 1.0, 10 << 20)}, {1: Usage("floor", 1.0 + cpu_s, 14 << 20)}
        return Seen(before, before, after, 10.0, histogram(**lag), {"carried": 2})

    figures = {figure.name: figure.value for figure in floor_figures(run(0.02, ms40=97), run(0.04, ms170=2, ms900=1))}
    assert figures == {
        "floor_cpu_ms_per_stream_s": 1.5,
        "floor_late_chunks": 1,
        "floor_gate_p99_ms": 170,
        "floor_mb_per_counter": 2.0,
    }


def test_memory_that_grows_is_told_a_minute() -> None:
    before, after = (
        {1: Usage("gate", 0.0, 100 << 20)},
        {1: Usage("gate", 0.0, 103 << 20), 2: Usage("gate", 0.0, 1 << 20)},
    )
    assert growth_mb_per_min(Seen({}, before, after, 120.0, [], {})) == 2.0


def test_cpu_of_a_process_that_began_meanwhile_counts_from_its_start() -> None:
    before = {1: Usage("gate", 5.0, 0)}
    after = {1: Usage("gate", 7.0, 0), 2: Usage("gate", 1.0, 0), 3: Usage(CONTROL, 0.5, 0)}
    assert cpu_by_kind(before, after) == {"gate": 3.0, CONTROL: 0.5}


def test_this_process_is_measured() -> None:
    assert os.getpid() in tree(os.getpid())
    assert usage(os.getpid())[os.getpid()].pss_bytes > 0


@pytest.mark.parametrize("chunk_ms", [20, 100])
def test_frames_are_whole_masked_messages(chunk_ms: int) -> None:
    made = frames(bytes(range(256)) * 50, chunk_ms)
    size = 32 * chunk_ms
    assert len(made) == 12_800 // size
    assert made[0][0] == 0x80 | Opcode.BINARY
    assert made[0][1] & 0x80
    assert len(made[0]) == len(Frame(Opcode.BINARY, bytes(size)).serialize(mask=True))


def test_too_few_files_are_explained_before_anything_starts(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(resource, "getrlimit", lambda _: (1024, 4096))
    with pytest.raises(BenchError, match=r"needs 20512 open files .* allows 4096.*COUNTERS=1792"):
        run.allow_files(20_512)


def test_the_soft_limit_is_raised_where_the_system_allows(monkeypatch: pytest.MonkeyPatch) -> None:
    raised: list[tuple[int, int]] = []
    monkeypatch.setattr(resource, "getrlimit", lambda _: (1024, 65_536))
    monkeypatch.setattr(resource, "setrlimit", lambda _, limits: raised.append(limits))
    run.allow_files(20_512)
    assert raised == [(20_512, 65_536)]


def test_the_measured_graph_is_the_configured_one_but_for_the_providers() -> None:
    config = doubled_config(gate={"num_replicas": 2})
    application = config["applications"][0]
    names = [deployment["name"] for deployment in application["deployments"]]
    assert application["import_path"] == "benchmarks.scale.app:build_app"
    assert names == ["ingress", "gate", "transcriber", "recommender", "recorder"]
    assert application["deployments"][1]["num_replicas"] == 2


def test_a_double_stands_in_unless_emulators_are_asked_for(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("PROVIDERS", raising=False)
    assert run.Wanted().providers is Providers.DOUBLES
    monkeypatch.setenv("PROVIDERS", "emulators")
    assert run.Wanted().providers is Providers.EMULATORS
    with standing_in(Providers.DOUBLES) as (config, environment):
        assert (config, environment) == (doubled_config(), {})


def test_with_emulators_the_graph_is_a_shops_own(monkeypatch: pytest.MonkeyPatch) -> None:
    there = Emulators(MagicMock(), 4567)
    monkeypatch.setattr(providers, "emulators", lambda: nullcontext(there))
    with standing_in(Providers.EMULATORS) as (config, environment):
        assert config == shop_config()
        assert config["applications"][0]["import_path"] == "deployments.app:build_app"
        assert environment["ELEVENLABS_BASE_URL"] == environment["XAI_BASE_URL"] == "http://127.0.0.1:4567"


def test_a_run_with_emulators_is_marked_and_keeps_its_own_file(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(run, "RESULTS", tmp_path)
    figures = [Figure("counters", 20, "counters", "")]
    for kind in Providers:
        run._report(run.Wanted(providers=kind), figures)
    capsys.readouterr()
    counted = '{"figure": "counters", "value": 20, "unit": "counters"}\n'
    mark = '{"figure": "providers", "value": "emulators", "unit": "name"}\n'
    assert (tmp_path / "scale.jsonl").read_text(encoding="utf-8") == counted
    assert (tmp_path / "scale-emulators.jsonl").read_text(encoding="utf-8") == mark + counted
