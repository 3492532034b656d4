"""The evaluation kit's table for our engines beside its reference rows, and what a stream costs, alone and among 64.

python -m benchmarks.gate.run [--kit FOLDER] [--condition NAME ...]
"""

import argparse
import fnmatch
import importlib.util
import sys
import time
from pathlib import Path
from types import ModuleType

from configs.gate import GateSettings
from pipeline.gate import make_gate, make_host, make_silero_gate, make_webrtc_gate
from pipeline.stages import StreamOpening, StreamTick

KIT = Path(__file__).parents[3] / "shared" / "gate-eval"
ENGINES = {"cascade": make_gate, "webrtc": make_webrtc_gate, "silero": make_silero_gate}
TICK_BYTES = 3200
STREAMS = 64
NOISY = ["hvac-10", "pharmacy-10", "office-10", "hvac-0", "pharmacy-5", "office-5", "babble-10"]
COST_S = 60  # of audio per stream when the batched cost is measured


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


def batched_us_per_10ms(engine: str, streams: list[bytes]) -> float:
    """CPU of one host that advances all `streams` together, a tick at a time."""
    host, began = make_host(GateSettings(engine=engine)), 0.0  # type: ignore[arg-type]
    ends = min(map(len, streams))
    for at in range(0, ends, TICK_BYTES):
        opening = StreamOpening() if at == 0 else None
        host.step([StreamTick(str(i), at // 2, x[at : at + TICK_BYTES], opening) for i, x in enumerate(streams)])
        began = began or time.process_time()  # opening the streams is not counted
    return (time.process_time() - began) * 1e6 / (len(streams) * (ends - TICK_BYTES) / 320)


def cost_table(kit: ModuleType) -> str:
    corpus, need = kit.load_kit(), COST_S * 32_000
    noisy = [kit.to_pcm(kit.build(name, corpus, 11)[0].audio) for name in NOISY]
    clean = kit.to_pcm(kit.build("clean", corpus, 11)[0].audio)
    rows = [["us per 10 ms, batched", f"{STREAMS} noisy", f"{STREAMS} clean", "1 noisy", "1 clean"]]
    for engine in ENGINES:
        figures = []
        for count in (STREAMS, 1):
            for sources in (noisy, [clean]):
                streams = [shifted(sources[i % len(sources)], i, need) for i in range(count)]
                figures.append(f"{batched_us_per_10ms(engine, streams):.1f}")
        rows.append([engine, *figures])
    return kit.aligned(rows)


def shifted(pcm: bytes, i: int, length: int) -> bytes:
    """A stretch of `pcm` that begins elsewhere for every stream, so that they do not all speak at once."""
    begins = i * 3 * 32_000 % (len(pcm) - length)
    return pcm[begins : begins + length]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--kit", type=Path, default=KIT, help="folder of gate_eval.py (default: %(default)s)")
    parser.add_argument("--condition", nargs="+", default=["*"], metavar="NAME", help="names or shell patterns")
    args = parser.parse_args()
    kit = load_kit(args.kit)
    names = [n for n in kit.CONDITIONS if any(fnmatch.fnmatch(n, pattern) for pattern in args.condition)]
    runners = {name: kit.runner(make, streaming=True) for name, make in ENGINES.items()} | kit.reference_runners()
    results = kit.evaluate(runners, kit.load_kit(), names, 11)
    perfect = results["labels +0.3 +0.6"]
    print(kit.pool_table(results), relative_table(kit, results, perfect), cost_table(kit), sep="\n\n")


def relative_table(kit: ModuleType, results: dict, perfect: dict) -> str:
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
    return kit.aligned(rows)


if __name__ == "__main__":
    main()
