"""What is worth the model's time: anything that WebRTC takes for voice, and a while after it."""

from typing import Protocol

from pipeline.gate.grid import Pcm
from pipeline.gate.voice import WebRtcVoice

LINGER_QUANTA = 5  # a candidate without an utterance ends this long after WebRTC's last voice


class Candidate(Protocol):
    """One stream's."""

    def open_after(self, pcm: Pcm, holding: bool) -> bool:
        """Whether the model should listen to this quantum; `holding`: an utterance is open."""


class Everything:
    """No choice: the model hears it all."""

    def open_after(self, pcm: Pcm, holding: bool) -> bool:
        return True


class VoiceCandidate:
    """WebRTC's voice opens a candidate; it ends when neither voice nor an utterance keeps it."""

    __slots__ = ("_linger", "_voice")

    def __init__(self) -> None:
        self._voice = WebRtcVoice()
        self._linger = 0  # quanta left

    def open_after(self, pcm: Pcm, holding: bool) -> bool:
        voiced = any(self._voice.hear(pcm))
        self._linger = LINGER_QUANTA if voiced or holding else max(self._linger - 1, 0)
        return self._linger > 0
