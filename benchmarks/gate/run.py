"""The evaluation kit's table for our engines beside its reference rows, and what a stream costs, alone and among 64.

python -m benchmarks.gate.run [--kit FOLDER] [--condition NAME ...] [--seed NOISE] [--engine NAME ...] [--no-cost]

Our engines hear all conditions at once, as streams of one host, 100 ms at a time: the decisions are those of one
stream after the other (a test holds this), in a fraction of the time. Cost is measured apart, and depends on the
machine and on what else it does: compare it with the kit's fixed gate, measured in the same run.
"""

import argparse
import fnmatch
import importlib.util
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType
from typing import Any

from configs.gate import GateSettings
from pipeline.gate import make_host
from pipeline.stages import GateReply, StreamOpening, StreamTick

KIT = Path(__file__).parents[3] / "shared" / "gate-eval"
ENGINES = ["cascade", "webrtc", "silero"]
TICK_BYTES = 3200
STREAMS = 64
NOISY = ["hvac-10", "pharmacy-10", "office-10", "hvac-0", "pharmacy-5", "office-5", "babble-10"]
COST_S = {STREAMS: 10, 1: 60}  # of audio per stream when the cost of so many is measured
REPEATS = 3  # and the least is told: the rest is other programs


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


def stepped(engine: str, streams: dict[str, bytes], final: bool) -> Iterator[tuple[list[GateReply], float]]:
    """Replies and CPU seconds of every tick of one host that advances all `streams` together."""
    host = make_host(GateSettings(engine=engine))
    for at in range(0, max(map(len, streams.values())), TICK_BYTES):
        ticks = [
            StreamTick(
                name,
                at // 2,
                pcm[at : at + TICK_BYTES],
                None if at else StreamOpening(),
                final and at + TICK_BYTES >= len(pcm),
            )
            for name, pcm in streams.items()
            if at < len(pcm)
        ]
        began = time.process_time()
        replies = host.step(ticks)
        yield replies, time.process_time() - began


def evaluated(kit: ModuleType, engine: str, items: dict[str, list[Any]]) -> dict[str, dict[str, float]]:
    """The kit's counts for every condition's clips."""
    streams = {f"{name}/{i}": kit.to_pcm(clip.audio) for name, clips in items.items() for i, clip in enumerate(clips)}
    found: dict[str, list[tuple[float, float]]] = {stream: [] for stream in streams}
    for replies, _ in stepped(engine, streams, final=True):
        for reply in replies:
            found[reply.stream_id] += [(s.start_sample / 16_000, s.end_sample / 16_000) for s in reply.spans]
    counts = {}
    for name, clips in items.items():
        told = iter([found[f"{name}/{i}"] for i in range(len(clips))])
        counts[name] = kit.score(lambda _, told=told: (next(told), 0.0), clips)
    return counts


def us_per_10ms(engine: str, streams: list[bytes]) -> float:
    """CPU of one host for `streams` of one length, opening them not counted."""
    named = {str(i): pcm for i, pcm in enumerate(streams)}
    costs = [sum([cost for _, cost in stepped(engine, named, final=False)][1:]) for _ in range(REPEATS)]
    return min(costs) * 1e6 / (len(streams) * (len(streams[0]) - TICK_BYTES) / 320)


def fixed_us_per_10ms(kit: ModuleType, pcm: bytes) -> float:
    costs = []
    for _ in range(2 * REPEATS):
        began = time.process_time()
        kit.fixed_gate(pcm, 16_000)
        costs.append(time.process_time() - began)
    return min(costs) * 1e6 / (len(pcm) / 320)


def cost_table(kit: ModuleType, engines: list[str]) -> str:
    corpus = kit.load_kit()
    noisy = [kit.to_pcm(kit.build(name, corpus, 11)[0].audio) for name in NOISY]
    clean = kit.to_pcm(kit.build("clean", corpus, 11)[0].audio)
    rows = [
        ["us of CPU per 10 ms", f"{STREAMS} noisy", f"{STREAMS} clean", "1 noisy", "1 clean", "the kit's fixed gate"]
    ]
    for engine in engines:
        figures = []
        for count, seconds in COST_S.items():
            for sources in (noisy, [clean]):
                streams = [shifted(sources[i % len(sources)], i, seconds * 32_000) for i in range(count)]
                figures.append(us_per_10ms(engine, streams))
        rows.append([engine, *(f"{figure:.1f}" for figure in figures), f"{fixed_us_per_10ms(kit, clean):.2f}"])
    return str(kit.aligned(rows))


def shifted(pcm: bytes, i: int, length: int) -> bytes:
    """A stretch of `pcm` that begins elsewhere for every stream, so that they do not all speak at once."""
    begins = i * 3 * 32_000 % (len(pcm) - length)
    return pcm[begins : begins + length]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--kit", type=Path, default=KIT, help="folder of gate_eval.py (default: %(default)s)")
    parser.add_argument("--condition", nargs="+", default=["*"], metavar="NAME", help="names or shell patterns")
    parser.add_argument("--seed", type=int, default=11, help="of the noises (default: the kit's own, %(default)s)")
    parser.add_argument("--engine", nargs="+", choices=ENGINES, default=ENGINES, help="default: all")
    parser.add_argument("--no-cost", action="store_true", help="leave the cost out")
    args = parser.parse_args()
    kit = load_kit(args.kit)
    names = [n for n in kit.CONDITIONS if any(fnmatch.fnmatch(n, pattern) for pattern in args.condition)]
    corpus = kit.load_kit()
    items = {name: kit.build(name, corpus, args.seed) for name in names}
    results = {engine: evaluated(kit, engine, items) for engine in args.engine}
    results |= kit.evaluate(kit.reference_runners(), corpus, names, args.seed)
    perfect = results["labels +0.3 +0.6"]
    print(kit.pool_table(results), relative_table(kit, results, perfect), sep="\n\n")
    if not args.no_cost:
        print("", cost_table(kit, args.engine), sep="\n")


def relative_table(kit: ModuleType, results: dict[str, Any], perfect: dict[str, Any]) -> str:
    """Forwarded as a multiple of what perfect labels forward / speech lost % / onsets clipped %."""
    pools = {name: members for name, members in kit.POOLS.items() if kit.pooled(perfect, members)}
    rows = [["times perfect", *pools]]
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
