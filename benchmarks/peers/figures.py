"""From what was seen of a peer and of Balto to one list of figures."""

from benchmarks.scale.figures import Figure, cpu_ms_per_stream_s, growth_mb_per_counter, late, percentile
from benchmarks.scale.measure import Seen

OF_BALTO = ("cpu_ms_per_stream_s", "cpu_ms_per_stream_s_control_plane", "gate_p99_ms", "late_chunks", "mb_per_counter")
OF_FLOOR = ("floor_cpu_ms_per_stream_s", "floor_mb_per_counter")


def peer_figures(seen: Seen) -> list[Figure]:
    return [
        Figure("peer_counters", seen.load["carried"], "counters", "still connected to pipecat at the end"),
        Figure("peer_cpu_ms_per_stream_s", cpu_ms_per_stream_s(seen), "ms", "pipecat, one stream, 1 s"),
        Figure("peer_lag_p99_ms", percentile(seen.lag_counts, 0.99), "ms", "audio due → decided by its Silero"),
        Figure("peer_late_chunks", late(seen.lag_counts), "chunks", "100 ms of audio decided over 300 ms after due"),
        Figure("peer_mb_per_counter", growth_mb_per_counter(seen), "MB", "PSS above idle"),
        Figure("peer_generator_late_sends", seen.load["sent_late"], "chunks", "sent over 50 ms late by the generator"),
    ]


def comparison(peer: list[Figure], graph: list[Figure], floor: list[Figure]) -> list[Figure]:
    """The peer's figures, those of Balto that answer them, and the ratios of the CPU."""
    own = [figure for figure in (*graph, *floor) if figure.name in OF_BALTO + OF_FLOOR]
    values = {figure.name: figure.value for figure in (*peer, *own)}
    cost = values["peer_cpu_ms_per_stream_s"]
    to_graph = round(cost / values["cpu_ms_per_stream_s"], 2)
    to_floor = round(cost / values["floor_cpu_ms_per_stream_s"], 2)
    return [
        *peer,
        *own,
        Figure("ratio_to_balto", to_graph, "ratio", "CPU of pipecat over CPU of Balto's whole graph"),
        Figure("ratio_to_balto_gate", to_floor, "ratio", "the same over Balto's gate alone, in one process"),
    ]
