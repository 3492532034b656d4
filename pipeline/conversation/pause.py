"""How long the voice of an open utterance has been silent, and up to where that is sure."""

from pipeline.audio import AudioBuffer, samples_from_ms
from pipeline.stages import GateReply

_STEP_SAMPLES = samples_from_ms(100)  # gates decide in steps: of what they were sent the last one may be open still


class Pause:
    """Told of every reply of the gate, one session's. The gate hears a stream in order, one tick at a time."""

    __slots__ = ("_audio", "_began", "_end", "heard_upto_sample")

    def __init__(self, audio: AudioBuffer) -> None:
        self._audio = audio
        self._end = 0  # of the audio that had come at the reply before: the gate was sent it with the tick since
        self._began: int | None = None
        self.heard_upto_sample = 0  # the gate has decided about everything before

    def follow(self, reply: GateReply) -> int | None:
        """Samples of silence so far, give or take a tick; None while the voice goes on or nothing is open."""
        self.heard_upto_sample, self._end = max(0, self._end - _STEP_SAMPLES), self._audio.end_sample
        if reply.speech_since_sample is None or not reply.closing:
            self._began = None
            return None
        if self._began is None:
            self._began = self._end
        return self._end - self._began

    @property
    def heard(self) -> bool:
        """The last word lies before `heard_upto_sample`, whole."""
        return self._began is not None and self.heard_upto_sample >= self._began
