"""What the segmenter counts and waits for."""

from dataclasses import dataclass

from pipeline.audio import samples_from_ms


@dataclass(frozen=True, slots=True)
class Timing:
    """In samples. `votes` opening verdicts of the last `of` begin an utterance; so do `holds` of the last `holds_of`
    that would hold one open: a faint word is long enough to be sure of."""

    step: int  # the length of one verdict
    votes: int
    of: int
    pre_roll: int
    closing_silence: int
    quick_closing: int
    quick_from: int  # of voice
    trailing_pad: int
    shortest: int
    longest: int
    overlap: int
    holds: int = 0  # 0: never
    holds_of: int = 0
    look_back: int = 0  # verdicts may come for audio up to this long ago
    back_date: int = samples_from_ms(300)  # how far faint voice right before the votes moves the beginning
    word_before: int = samples_from_ms(1000)  # and how far what nearly was voice does, whatever lies between
    cut_search: int = samples_from_ms(3000)  # how far back the quietest place for a cut is looked for

    @property
    def reach_back(self) -> int:
        """An utterance that opens now starts at most this long ago."""
        votes = max(self.of, self.holds_of) * self.step
        return self.pre_roll + max(self.back_date, self.word_before) + votes + self.look_back
