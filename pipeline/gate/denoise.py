"""WebRTC noise suppression, on the decision path only: the transcriber always gets the counter's own audio."""

import numpy as np
from webrtc_noise_gain import AudioProcessor

from pipeline.gate.grid import QUANTUM_SAMPLES, Pcm

NO_GAIN = 0
MODERATE = 2  # of 0..4
STEP_BYTES = 320  # the library takes 10 ms at a time


class Denoiser:
    """One stream's suppressor (282 kB of state)."""

    def __init__(self) -> None:
        self._processor = AudioProcessor(NO_GAIN, MODERATE)

    def clean(self, pcm: Pcm) -> Pcm:
        """One quantum [samples], suppressed; delayed by the library's own few milliseconds."""
        raw, process = pcm.tobytes(), self._processor.Process10ms
        steps = range(0, QUANTUM_SAMPLES * 2, STEP_BYTES)
        return np.frombuffer(b"".join(process(raw[at : at + STEP_BYTES]).audio for at in steps), np.int16)
