"""What a stream costs, alone and among many.

It depends on the machine and on what else it does: compare it with the kit's fixed gate, measured in the same run.
"""

import time
from types import ModuleType

from benchmarks.gate.stepping import TICK_BYTES, stepped

STREAMS = 64
NOISY = ["hvac-10", "pharmacy-10", "office-10", "hvac-0", "pharmacy-5", "office-5", "babble-10"]
COST_S = {STREAMS: 20, 1: 60}  # of audio per stream when the cost of so many is measured
REPEATS = 3  # and the least is told: the rest is other programs


def costs(kit: ModuleType, engines: list[str]) -> dict[str, dict[str, float]]:
    """Microseconds of CPU for 10 ms of audio of one stream, by engine and by how many streams of what there are."""
    corpus = kit.load_kit()
    noisy = [kit.to_pcm(kit.build(name, corpus, 11)[0].audio) for name in NOISY]
    clean = kit.to_pcm(kit.build("clean", corpus, 11)[0].audio)
    found: dict[str, dict[str, float]] = {"fixed gate": {"1 clean": fixed_us_per_10ms(kit, clean)}}
    for engine in engines:
        found[engine] = {}
        for count, seconds in COST_S.items():
            for label, sources in (("noisy", noisy), ("clean", [clean])):
                streams = [shifted(sources[i % len(sources)], i, seconds * 32_000) for i in range(count)]
                found[engine][f"{count} {label}"] = us_per_10ms(engine, streams)
    return found


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


def shifted(pcm: bytes, i: int, length: int) -> bytes:
    """A stretch of `pcm` that begins elsewhere for every stream, so that they do not all speak at once."""
    begins = i * 3 * 32_000 % (len(pcm) - length)
    return pcm[begins : begins + length]


def cost_table(kit: ModuleType, costs: dict[str, dict[str, float]]) -> str:
    columns = [f"{count} {label}" for count in COST_S for label in ("noisy", "clean")]
    rows = [["us of CPU per 10 ms", *columns]]
    for gate, row in costs.items():
        rows.append([gate, *(f"{row[column]:.2f}" if column in row else "-" for column in columns)])
    return str(kit.aligned(rows))
