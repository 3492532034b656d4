"""What is heard and what is paid for: the gate between a counter's microphone and the transcriber."""

from configs.gate import GateSettings
from pipeline.gate.host import make_host
from pipeline.gate.streaming import StreamingGate, streaming_gate

__all__ = ["StreamingGate", "make_gate", "make_host", "make_silero_gate", "make_webrtc_gate"]


def make_gate(sample_rate: int) -> StreamingGate:
    """The default engine at default settings: `push(pcm) -> [(start_s, end_s)]`, then `flush()`."""
    return streaming_gate(GateSettings(), sample_rate)


def make_webrtc_gate(sample_rate: int) -> StreamingGate:
    return streaming_gate(GateSettings(engine="webrtc"), sample_rate)


def make_silero_gate(sample_rate: int) -> StreamingGate:
    return streaming_gate(GateSettings(engine="silero"), sample_rate)
