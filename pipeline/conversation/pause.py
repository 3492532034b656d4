"""How long the voice of an open utterance has been silent, and up to where that is sure."""

from pipeline.audio import AudioBuffer, samples_from_ms
from pipeline.stages import GateReply

_STEP_SAMPLES = samples_from_ms(100)  # gates are sent whole steps and hear all of them
_OPEN_SAMPLES = (
    512  # but for the last of it, less than one hop of the voice model: and a hop of silence was heard before
)


class Pause:
    """Told of every reply of the gate while an utterance is open, one session's. The gate hears a stream in order."""

    __slots__ = ("_audio", "_end", "began_sample", "heard_upto_sample")

    def __init__(self, audio: AudioBuffer) -> None:
        self._audio = audio
        self._end = 0  # of the audio that had come at the reply before: the gate was sent it with the tick since
        self.began_sample: int | None = None  # the last word lies before it, whole
        self.heard_upto_sample = 0  # the gate has decided about everything before

    def follow(self, reply: GateReply) -> int | None:
        """Samples of silence so far, give or take a tick; None while the voice goes on or nothing is open."""
        self.heard_upto_sample, self._end = self._end, _whole_steps(self._audio.end_sample)
        if reply.speech_since_sample is None or not reply.closing:
            self.began_sample = None
            return None
        if self.began_sample is None:
            self.began_sample = self._end
        return self._end - self.began_sample

    @property
    def heard(self) -> bool:
        """All of the last word was heard: it lies before `heard_upto_sample`."""
        return self.began_sample is not None and self.heard_upto_sample >= self.began_sample


def _whole_steps(end_sample: int) -> int:
    return max(0, end_sample // _STEP_SAMPLES * _STEP_SAMPLES - _OPEN_SAMPLES)
