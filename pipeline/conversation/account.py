"""Where every second of a counter's audio went: forwarded to the transcriber or discarded by the gate."""

from dataclasses import dataclass

from pipeline.audio import seconds


@dataclass(frozen=True, slots=True)
class Entry:
    """`received_s` = `forwarded_s` + `discarded_s`: each second counted once, overlaps included."""

    received_s: float
    forwarded_s: float
    discarded_s: float


class AudioAccount:
    """Entries follow one another without gap or overlap, and add up to the session."""

    __slots__ = ("_forwarded_samples", "accounted_sample")

    def __init__(self) -> None:
        self.accounted_sample = 0  # everything before is accounted
        self._forwarded_samples = 0

    @property
    def total(self) -> Entry:
        return _entry(self.accounted_sample, self._forwarded_samples)

    def forward(self, start_sample: int, end_sample: int) -> Entry:
        """An utterance was forwarded; audio before it that is not accounted yet was discarded."""
        end_sample = max(end_sample, self.accounted_sample)
        forwarded = max(0, end_sample - max(start_sample, self.accounted_sample))
        return self._advance(end_sample, forwarded)

    def discard(self, end_sample: int) -> Entry:
        """Everything up to `end_sample` that is not accounted yet was discarded."""
        return self._advance(max(end_sample, self.accounted_sample), 0)

    def _advance(self, end_sample: int, forwarded: int) -> Entry:
        received = end_sample - self.accounted_sample
        self.accounted_sample = end_sample
        self._forwarded_samples += forwarded
        return _entry(received, forwarded)


def _entry(received: int, forwarded: int) -> Entry:
    return Entry(seconds(received), seconds(forwarded), seconds(received - forwarded))
