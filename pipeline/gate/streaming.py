"""A gate for one stream at a time, as evaluation and the command line want it: PCM in, intervals out."""

from configs.gate import GateSettings
from pipeline.audio import SAMPLE_BYTES, SAMPLE_RATE_HZ, seconds
from pipeline.gate.host import BatchedGateHost, make_host
from pipeline.stages import SpeechSpan, StreamOpening, StreamTick

ONLY = "stream"
Interval = tuple[float, float]  # seconds

MOST_BYTES = 32_000  # a second at a time: a host is made for ticks, and copies what it has yet to decide


class StreamingGate:
    """Chunks of any size, odd ones too. Single use."""

    def __init__(self, host: BatchedGateHost) -> None:
        self._host = host
        self._fed_samples = 0
        self._odd = b""
        self._opening: StreamOpening | None = StreamOpening()

    def push(self, pcm: bytes) -> list[Interval]:
        """The forwarded intervals completed by this audio."""
        return [(seconds(span.start_sample), seconds(span.end_sample)) for span in self.spans(pcm)]

    def flush(self) -> list[Interval]:
        """The audio is over: what was still open."""
        return [(seconds(span.start_sample), seconds(span.end_sample)) for span in self.spans(b"", final=True)]

    def spans(self, pcm: bytes, final: bool = False) -> tuple[SpeechSpan, ...]:
        pcm = self._odd + pcm
        whole = len(pcm) - len(pcm) % SAMPLE_BYTES
        self._odd = pcm[whole:]
        found: list[SpeechSpan] = []
        for at in range(0, whole or 1, MOST_BYTES):
            part = pcm[at : min(at + MOST_BYTES, whole)]
            opening, self._opening = self._opening, None
            last = at + MOST_BYTES >= whole
            [reply] = self._host.step([StreamTick(ONLY, self._fed_samples, part, opening, final and last)])
            self._fed_samples += len(part) // SAMPLE_BYTES
            found += reply.spans
        return tuple(found)


def streaming_gate(settings: GateSettings, sample_rate: int) -> StreamingGate:
    """Raises ValueError for a rate that the gate does not take."""
    if sample_rate != SAMPLE_RATE_HZ:
        raise ValueError(f"the gate takes audio at {SAMPLE_RATE_HZ} Hz, not {sample_rate}; resample it first")
    return StreamingGate(make_host(settings))
