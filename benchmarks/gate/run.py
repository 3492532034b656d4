"""The evaluation kit's table for our engines beside its reference rows, and what a stream costs, alone and among 64.

python -m benchmarks.gate.run [--kit FOLDER] [--condition NAME ...] [--seed NOISE] [--engine NAME ...] [--no-cost]

Our engines hear all conditions at once, as streams of one host, 100 ms at a time: the decisions are those of one
stream after the other (a test holds this), in a fraction of the time. Cost is measured apart. One line a figure goes
to `benchmarks/results/gate.jsonl`.
"""

import argparse
import fnmatch
import importlib.util
import json
import sys
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType
from typing import Any

from benchmarks.gate.cost import cost_table, costs
from benchmarks.gate.stepping import stepped

KIT = Path(__file__).parents[3] / "shared" / "gate-eval"
ENGINES = ["cascade", "webrtc", "silero"]
RESULTS = Path(__file__).parents[1] / "results" / "gate.jsonl"
PERFECT = "labels +0.3 +0.6"
ASKED = {  # of the default engine: forwarded as a multiple of perfect / speech lost % / onsets clipped %
    "clips": "-/0.5/2.5",
    "SNR>=10": "1.10/0.3/1",
    "SNR5": "1.12/0.8/5",
    "SNR0": "1.20/4/7",
    "babble20/10": "1.50/5/8",
    "quiet": "1.08/0.5/2.5",
    "loud": "1.10/0.5/2.5",
    "dc": "1.10/0.5/2.5",
}


def load_kit(folder: Path) -> ModuleType:
    path = folder / "gate_eval.py"
    if not path.exists():
        sys.exit(f"there is no evaluation kit at {folder}; name its folder with --kit")
    spec = importlib.util.spec_from_file_location("gate_eval", path)
    if spec is None or spec.loader is None:
        sys.exit(f"{path} cannot be loaded")
    module = importlib.util.module_from_spec(spec)
    sys.modules["gate_eval"] = module
    spec.loader.exec_module(module)
    return module


def evaluated(kit: ModuleType, engine: str, items: dict[str, list[Any]]) -> dict[str, dict[str, float]]:
    """The kit's counts for every condition's clips; CPU is that of all of them together, shared out by length."""
    streams = {f"{name}/{i}": kit.to_pcm(clip.audio) for name, clips in items.items() for i, clip in enumerate(clips)}
    found: dict[str, list[tuple[float, float]]] = {stream: [] for stream in streams}
    cpu_s = 0.0
    for replies, cost_s in stepped(engine, streams, final=True):
        cpu_s += cost_s
        for reply in replies:
            found[reply.stream_id] += [(s.start_sample / 16_000, s.end_sample / 16_000) for s in reply.spans]
    cpu_share = cpu_s / (sum(map(len, streams.values())) / 32_000)
    counts = {}
    for name, clips in items.items():
        told = iter([found[f"{name}/{i}"] for i in range(len(clips))])
        counts[name] = kit.score(lambda clip, told=told: (next(told), cpu_share * clip.seconds), clips)
    return counts


def main() -> None:
    args = arguments()
    kit = load_kit(args.kit)
    names = [n for n in kit.CONDITIONS if any(fnmatch.fnmatch(n, pattern) for pattern in args.condition)]
    corpus = kit.load_kit()
    items = {name: kit.build(name, corpus, args.seed) for name in names}
    results = {engine: evaluated(kit, engine, items) for engine in args.engine}
    results |= kit.evaluate(kit.reference_runners(), corpus, names, args.seed)
    print(kit.pool_table(results), relative_table(kit, results), sep="\n\n")
    found = {} if args.no_cost else costs(kit, args.engine)
    if found:
        print("", cost_table(kit, found), sep="\n")
    lines = [*figures(kit, results, args.seed), *cost_figures(found)]
    RESULTS.parent.mkdir(parents=True, exist_ok=True)
    RESULTS.write_text("".join(json.dumps(line) + "\n" for line in lines), encoding="utf-8")


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--kit", type=Path, default=KIT, help="folder of gate_eval.py (default: %(default)s)")
    parser.add_argument("--condition", nargs="+", default=["*"], metavar="NAME", help="names or shell patterns")
    parser.add_argument("--seed", type=int, default=11, help="of the noises (default: the kit's own, %(default)s)")
    parser.add_argument("--engine", nargs="+", choices=ENGINES, default=ENGINES, help="default: all")
    parser.add_argument("--no-cost", action="store_true", help="leave the cost out")
    return parser.parse_args()


def figures(kit: ModuleType, results: dict[str, Any], seed: int) -> Iterator[dict[str, object]]:
    """Every pool's figures, one at a time."""
    for gate, raw in results.items():
        for pool, members in (kit.POOLS | kit.IDLE_POOLS).items():
            for name, value in (kit.pooled(raw, members) or {}).items():
                if value is not None and name != "us_per_10ms":
                    yield {"gate": gate, "pool": pool, "seed": seed, "figure": name, "value": round(value, 4)}


def cost_figures(found: dict[str, dict[str, float]]) -> Iterator[dict[str, object]]:
    for gate, row in found.items():
        for streams, value in row.items():
            yield {"gate": gate, "streams": streams, "figure": "us_per_10ms", "value": round(value, 3)}


def relative_table(kit: ModuleType, results: dict[str, Any]) -> str:
    """Forwarded as a multiple of what perfect labels forward / speech lost % / onsets clipped %."""
    perfect = results[PERFECT]
    pools = {name: members for name, members in kit.POOLS.items() if kit.pooled(perfect, members)}
    rows = [["times perfect", *pools], ["asked of cascade", *(ASKED.get(name, "-") for name in pools)]]
    for gate, raw in results.items():
        row = [gate]
        for members in pools.values():
            got, ideal = kit.pooled(raw, members), kit.pooled(perfect, members)
            times = got["fwd_per_speech"] / ideal["fwd_per_speech"]
            row.append(f"{times:.2f}/{got['lost_pct']:.1f}/{got['clipped_pct']:.1f}")
        rows.append(row)
    return str(kit.aligned(rows))


if __name__ == "__main__":
    main()
