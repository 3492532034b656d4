"""From what was seen to figures."""

from dataclasses import dataclass
from statistics import mean, quantiles

from benchmarks.scale.measure import Seen
from benchmarks.scale.processes import cpu_by_kind, pss_mb

LATE_MS = 300  # decided later than this after it was due to be sent


@dataclass(frozen=True, slots=True)
class Figure:
    name: str
    value: float
    unit: str
    meaning: str


def graph_figures(seen: Seen) -> list[Figure]:
    stream_s = _stream_s(seen)
    by_kind = cpu_by_kind(seen.before, seen.after)
    own = seen.own_latency_ms
    return [
        Figure("counters", seen.load["carried"], "counters", "still connected at the end"),
        Figure("late_chunks", late(seen.lag_counts), "chunks", f"100 ms of audio decided over {LATE_MS} ms after due"),
        Figure("gate_p50_ms", percentile(seen.lag_counts, 0.50), "ms", "audio due → decided"),
        Figure("gate_p99_ms", percentile(seen.lag_counts, 0.99), "ms", "audio due → decided"),
        Figure("own_latency_p50_ms", _quantile(own, 50), "ms", "utterance decided → card written, providers excluded"),
        Figure("own_latency_p99_ms", _quantile(own, 99), "ms", "utterance decided → card written, providers excluded"),
        Figure("cards", seen.load["cards"], "cards", "recommendations received by the counters"),
        Figure("cpu_ms_per_stream_s", cpu_ms_per_stream_s(seen), "ms", "the whole server, one stream, 1 s"),
        *(
            Figure(f"cpu_ms_per_stream_s_{kind.replace(' ', '_')}", _ms(cpu_s, stream_s), "ms", f"of which {kind}")
            for kind, cpu_s in sorted(by_kind.items(), key=lambda item: -item[1])
        ),
        Figure("mb_per_counter", growth_mb_per_counter(seen), "MB", "PSS above idle, audio kept for replay included"),
        Figure("mb_grown_per_min", growth_mb_per_min(seen), "MB", "PSS within the stretch; flat is near 0"),
        Figure("cold_start_s", round(seen.ready_s, 2), "s", "start of the cluster → /pronto answers 200"),
        Figure("idle_pss_mb", round(pss_mb(seen.idle)), "MB", "the whole stack, nobody connected"),
        Figure("generator_late_sends", seen.load["sent_late"], "chunks", "sent over 50 ms late by the load generator"),
    ]


def floor_figures(*runs: Seen) -> list[Figure]:
    """Of runs that are equally long."""
    lag_counts = [sum(counts) for counts in zip(*(seen.lag_counts for seen in runs), strict=True)]
    cpu_ms = round(mean(map(cpu_ms_per_stream_s, runs)), 3)
    mb = round(mean(map(growth_mb_per_counter, runs)), 3)
    return [
        Figure("floor_cpu_ms_per_stream_s", cpu_ms, "ms", "same gate, one uvicorn process"),
        Figure("floor_late_chunks", late(lag_counts), "chunks", "of the single process"),
        Figure("floor_gate_p99_ms", percentile(lag_counts, 0.99), "ms", "of the single process"),
        Figure("floor_mb_per_counter", mb, "MB", "of the single process"),
    ]


def price(graph: list[Figure], floor: list[Figure]) -> Figure:
    costs = {figure.name: figure.value for figure in (*graph, *floor)}
    ratio = costs["cpu_ms_per_stream_s"] / costs["floor_cpu_ms_per_stream_s"]
    return Figure("price_of_graph", round(ratio, 2), "ratio", "CPU of the graph over CPU of the single process")


def cpu_ms_per_stream_s(seen: Seen) -> float:
    """CPU of all the server's processes for one second of one counter."""
    return _ms(sum(cpu_by_kind(seen.before, seen.after).values()), _stream_s(seen))


def growth_mb_per_counter(seen: Seen) -> float:
    """PSS above idle."""
    return round((pss_mb(seen.after) - pss_mb(seen.idle)) / max(1, int(seen.load["carried"])), 3)


def growth_mb_per_min(seen: Seen) -> float:
    """PSS of all the server's processes, from one end of the measured stretch to the other."""
    return round((pss_mb(seen.after) - pss_mb(seen.before)) / seen.elapsed_s * 60, 2)


def late(lag_counts: list[int]) -> int:
    return sum(lag_counts[LATE_MS + 1 :])


def percentile(lag_counts: list[int], share: float) -> float:
    """The smallest whole ms that at least `share` of the audio was decided within."""
    wanted, so_far = share * sum(lag_counts), 0
    for ms, count in enumerate(lag_counts):
        so_far += count
        if so_far >= wanted:
            return ms
    return len(lag_counts)


def _quantile(values: tuple[float, ...], percent: int) -> float:
    if len(values) < 2:
        return values[0] if values else float("nan")
    return round(quantiles(values, n=100, method="inclusive")[percent - 1], 1)


def _stream_s(seen: Seen) -> float:
    return float(seen.load["carried"]) * seen.elapsed_s


def _ms(cpu_s: float, stream_s: float) -> float:
    return round(cpu_s * 1000 / stream_s, 3)
