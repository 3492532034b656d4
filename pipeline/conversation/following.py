"""Sends an open utterance's audio to a transcriber that listens along, as the gate lets it through."""

from pipeline.audio import AudioBuffer
from pipeline.stages import GateReply, ListeningAlong, SpeechPart, StreamId


class Following:
    """One session's open utterance. `follow` after each reply of the gate, while its audio is still held."""

    def __init__(self, stream_id: StreamId, balcao_id: str, audio: AudioBuffer, listener: ListeningAlong) -> None:
        self._stream_id = stream_id
        self._balcao_id = balcao_id
        self._audio = audio
        self._listener = listener
        self._utterance_start: int | None = None
        self._fed_upto = 0

    def follow(self, reply: GateReply) -> None:
        since = reply.speech_since_sample
        if since != self._utterance_start:
            if self._utterance_start is not None and not reply.spans:
                self._feed(self._fed_upto, b"")  # a candidate that was no speech after all
            self._utterance_start, self._fed_upto = since, max(since or 0, self._audio.start_sample)
        if since is not None and self._audio.end_sample > self._fed_upto:
            end_sample = self._audio.end_sample
            self._feed(self._fed_upto, self._audio.cut(self._fed_upto, end_sample))
            self._fed_upto = end_sample

    def _feed(self, start_sample: int, pcm: bytes) -> None:
        assert self._utterance_start is not None
        self._listener.feed(SpeechPart(self._stream_id, self._balcao_id, self._utterance_start, start_sample, pcm))

    def end(self) -> None:
        self._listener.end(self._stream_id)
