"""WebRTC VAD: a few microseconds a frame, deaf to nothing, and easily fooled by beeps. One per stream."""

import _webrtcvad  # the module under `webrtcvad`: its Python wrapper costs as much again as the detector

from pipeline.audio import SAMPLE_RATE_HZ
from pipeline.gate.detector import inside, put_inside
from pipeline.gate.grid import FRAME_SAMPLES, QUANTUM_SAMPLES, Pcm

FRAME_BYTES = FRAME_SAMPLES * 2
FRAME_STARTS = tuple(range(0, QUANTUM_SAMPLES * 2, FRAME_BYTES))
LESS_STRICT = 2  # of 0..3; 3 loses quiet speech


class WebRtcVoice:
    """One stream's detector."""

    __slots__ = ("_mode", "_vad")

    def __init__(self, mode: int = LESS_STRICT) -> None:
        self._vad = _webrtcvad.create()
        self._mode = mode
        self.restart()

    def restart(self) -> None:
        """As if it had heard nothing yet."""
        _webrtcvad.init(self._vad)
        _webrtcvad.set_mode(self._vad, self._mode)

    def inside(self) -> bytes:
        """All that it has learned."""
        return inside(self._vad)

    def go_on(self, known: bytes) -> None:
        """From where another had learned this."""
        put_inside(self._vad, known)

    def hear(self, pcm: Pcm) -> list[bool]:
        """Voice or not, per frame of one quantum."""
        vad, process, raw = self._vad, _webrtcvad.process, pcm.data.cast("B")
        return [process(vad, SAMPLE_RATE_HZ, raw[at : at + FRAME_BYTES], FRAME_SAMPLES) for at in FRAME_STARTS]
