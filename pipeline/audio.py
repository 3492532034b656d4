"""Counter audio: 16 kHz mono signed 16-bit little-endian PCM, addressed by absolute sample offset.

Sample 0 is the first sample a counter sent in its session; every position in the system is such an offset,
so that a replay, an utterance and a gate decision mean the same samples wherever they are computed.
"""

from collections import deque

SAMPLE_RATE_HZ = 16_000
SAMPLE_BYTES = 2


class AudioGone(LookupError):
    """Samples were asked for that the buffer has released or never held."""


def samples_from_ms(ms: float) -> int:
    return round(ms * SAMPLE_RATE_HZ / 1000)


def seconds(samples: int) -> float:
    return samples / SAMPLE_RATE_HZ


class AudioBuffer:
    """The recent audio of one stream; a chunk may end in the middle of a sample.

    Chunks are kept as they came and joined only when cut, so appending costs the same however much is held.
    """

    __slots__ = ("_chunks", "_odd", "end_sample", "start_sample")

    def __init__(self, start_sample: int = 0) -> None:
        self._chunks: deque[bytes] = deque()
        self._odd = b""
        self.start_sample = start_sample
        self.end_sample = start_sample

    @property
    def held_samples(self) -> int:
        return self.end_sample - self.start_sample

    def append(self, pcm: bytes) -> int:
        """Add audio and return how many whole samples became available."""
        if self._odd:
            pcm, self._odd = self._odd + pcm, b""
        if len(pcm) % SAMPLE_BYTES:
            pcm, self._odd = pcm[:-1], pcm[-1:]
        if not pcm:
            return 0
        added = len(pcm) // SAMPLE_BYTES
        self._chunks.append(pcm)
        self.end_sample += added
        return added

    def cut(self, start_sample: int, end_sample: int) -> bytes:
        """The PCM of [start_sample, end_sample). Raises AudioGone when any of it is not held."""
        if not self.start_sample <= start_sample <= end_sample <= self.end_sample:
            raise AudioGone(f"samples {start_sample}..{end_sample} asked, {self.start_sample}..{self.end_sample} held")
        if end_sample == self.end_sample and self._chunks:  # what a tick takes, as a rule: the last chunk, whole
            last = self._chunks[-1]
            if len(last) == (end_sample - start_sample) * SAMPLE_BYTES:
                return last
        return self._joined(start_sample, end_sample)

    def _joined(self, start_sample: int, end_sample: int) -> bytes:
        parts: list[bytes] = []
        chunk_end = self.end_sample
        for chunk in reversed(self._chunks):
            chunk_start = chunk_end - len(chunk) // SAMPLE_BYTES
            if chunk_start < end_sample and chunk_end > start_sample:
                first = max(0, start_sample - chunk_start) * SAMPLE_BYTES
                last = (min(chunk_end, end_sample) - chunk_start) * SAMPLE_BYTES
                parts.append(chunk[first:last])
            chunk_end = chunk_start
            if chunk_end <= start_sample:
                break
        parts.reverse()
        return parts[0] if len(parts) == 1 else b"".join(parts)

    def release_before(self, sample: int) -> None:
        """Let go of whole chunks that end at or before `sample`."""
        chunks, start = self._chunks, self.start_sample
        while chunks:
            after = start + len(chunks[0]) // SAMPLE_BYTES
            if after > sample:
                break
            chunks.popleft()
            start = after
        self.start_sample = start
