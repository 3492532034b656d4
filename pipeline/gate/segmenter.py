"""From verdicts to utterances: when one begins, when it is over, and where to cut one that will not end.

SILENT --enough opening verdicts--> SPEAKING --no voice--> PAUSED --closing silence--> SILENT
                                       ^-----voice again----|

The closing silence is the quick one, plus the patience that this speaker has earned by going on after it, when there
was enough voice for a sentence and the pause was a clear one; else the long one.
"""

from collections import deque
from collections.abc import Sequence
from itertools import chain

from pipeline.audio import samples_from_ms
from pipeline.gate.evidence import Heard, Voice
from pipeline.gate.midst import read, row_of
from pipeline.gate.timing import Timing
from pipeline.gate.utterance import SegmenterState, Utterance

NEARLY_COUNTS = samples_from_ms(128)  # what was nearly voice in the last moments of a pause keeps an utterance open
PATIENCE_WON = samples_from_ms(100)  # when an utterance went on that had been closed quickly
PATIENCE_LOST = samples_from_ms(20)  # when it was over


STATES = tuple(SegmenterState)
NOWHERE = -1


def _forget(ends: deque[int], upto: int) -> None:
    while ends and ends[0] <= upto:
        ends.popleft()


class Segmenter:
    """One stream's utterances. Feed `hear` in order of time, `pass_silence` where nothing was listened to."""

    __slots__ = (
        "_doubted",
        "_earliest",
        "_holds",
        "_levels",
        "_nearly_at",
        "_onset",
        "_reach_back",
        "_sum_db",
        "_voiced",
        "_words",
        "_votes",
        "patience",
        "speech_end",
        "start",
        "state",
        "timing",
    )

    def __init__(self, timing: Timing, origin: int, patience: int = 0) -> None:
        self.timing = timing
        self._reach_back = timing.reach_back
        self.patience = patience  # samples that this speaker is given beyond `quick_closing`
        self.state = SegmenterState.SILENT
        self.start = origin
        self.speech_end = origin
        self._earliest = origin  # no utterance reaches back before this
        self._onset: int | None = None  # where the current run of voiced steps began
        self._votes: deque[int] = deque()  # ends of recent opening verdicts
        self._holds: deque[int] = deque()  # and of those that would hold an utterance open
        self._levels: deque[tuple[float, int]] = deque()  # (level, end) of steps where a cut may fall
        self._words: deque[int] = deque()  # ends of steps since which `word_before` has not passed, of nearly voice
        self._voiced, self._sum_db = 0, 0.0
        self._nearly_at = origin  # where what nearly was voice was last heard
        self._doubted = False  # the last utterance was closed quickly, and may yet prove to go on

    @property
    def open(self) -> bool:
        return self.state is not SegmenterState.SILENT

    @property
    def busy(self) -> bool:
        """An utterance is open, or what was just heard counts towards an opening."""
        return self.open or self._doubted or self._onset is not None or bool(self._words)

    def memory(self) -> list[float]:
        """All that it knows but the patience, for one of the same timing to go on with."""
        onset, state = NOWHERE if self._onset is None else self._onset, STATES.index(self.state)
        places = (self.start, self.speech_end, self._earliest, onset, self._nearly_at, self._voiced, self._doubted)
        queues = (self._votes, self._holds, self._words, tuple(chain(*self._levels)))
        return row_of((state, *places, self._sum_db), queues)

    def go_on(self, memory: Sequence[float]) -> bool:
        """From what another's `memory()` told; False, and nothing happens, if this is not from one."""
        if not (known := read(memory)):
            return False
        (*whole, self._sum_db), (*ends, levels) = known
        state, self.start, self.speech_end, self._earliest, onset, self._nearly_at, self._voiced, doubted = map(
            int, whole
        )
        self.state, self._doubted, self._onset = STATES[state], bool(doubted), None if onset == NOWHERE else onset
        self._votes, self._holds, self._words = (deque(map(int, queue)) for queue in ends)
        self._levels = deque(zip(levels[::2], map(int, levels[1::2]), strict=True))
        return True

    def forget_before(self, sample: int) -> None:
        """No later utterance reaches back before this."""
        self._earliest = max(self._earliest, sample)

    def decided_upto(self, consumed: int) -> int:
        """Nothing before this can become part of an utterance any more."""
        if self.state is not SegmenterState.SILENT:
            return self.start
        reach = consumed - self._reach_back
        return reach if reach > self._earliest else self._earliest

    def hear(self, heard: Heard) -> Utterance | None:
        """One verdict; the utterance that it closed or cut, if any."""
        if self.state is SegmenterState.SILENT:
            self._listen(heard)
            return None
        if self._may_cut(heard.end_sample):
            self._levels.append((heard.level_dbfs, heard.end_sample))
        if heard.voice is Voice.NEARLY:
            self._nearly_at = heard.end_sample
        if heard.voice < Voice.HOLDS:
            return self._pause(heard.end_sample) or self._cut(heard.end_sample)
        self.state = SegmenterState.SPEAKING
        self._count(heard)
        return self._cut(heard.end_sample)

    def hear_all(self, verdicts: Sequence[Heard]) -> list[Utterance]:
        """The same, for all of a quantum; in the midst of an utterance, in one go."""
        last = verdicts[-1].end_sample
        midst = self.open and not self._may_cut(last)
        if not midst or min([heard.voice for heard in verdicts]) < Voice.HOLDS:
            return [utterance for utterance in map(self.hear, verdicts) if utterance]
        self.state, self.speech_end = SegmenterState.SPEAKING, last
        self._voiced += len(verdicts)
        self._sum_db += sum([heard.level_dbfs for heard in verdicts])
        return []

    def pass_silence(self, upto_sample: int) -> Utterance | None:
        """Nothing was there to hear up to here."""
        self._onset = None
        self._votes.clear()
        self._holds.clear()
        _forget(self._words, upto_sample - self.timing.word_before)
        if not self.open:
            self._settle(upto_sample)
            return None
        return self._pause(upto_sample)

    def flush(self, end_sample: int) -> Utterance | None:
        """The audio ends here."""
        return self._close(end_sample) if self.open else None

    def _listen(self, heard: Heard) -> None:
        timing, end = self.timing, heard.end_sample
        self._settle(end - timing.of * timing.step)
        _forget(self._votes, end - timing.of * timing.step)
        _forget(self._holds, end - timing.holds_of * timing.step)
        _forget(self._words, end - timing.word_before)
        if heard.voice is Voice.NONE:
            self._onset = None
            return
        if self._onset is None:
            self._onset = end - timing.step
        if heard.voice >= Voice.NEARLY:
            self._words.append(end)
        if heard.voice >= Voice.HOLDS:
            self._vote(heard)

    def _vote(self, heard: Heard) -> None:
        timing, end = self.timing, heard.end_sample
        self._holds.append(end)
        if heard.voice is Voice.OPENS:
            self._votes.append(end)
        if len(self._votes) >= timing.votes:
            self._open(heard, self._votes[0] - timing.step)
        elif len(self._holds) >= timing.holds > 0:
            self._open(heard, self._holds[0] - timing.step)

    def _open(self, heard: Heard, first: int) -> None:
        """`first`: where what opens it began."""
        if self._doubted:  # and rightly so: this speaker needs more time
            self._doubted = False
            longest = self.timing.closing_silence - self.timing.quick_closing
            self.patience = min(self.patience + PATIENCE_WON, longest)
        onset = first if self._onset is None else max(self._onset, first - self.timing.back_date)
        onset = min(onset, first, self._words[0] - self.timing.step)
        self._begin(max(self._earliest, onset - self.timing.pre_roll))
        self.state = SegmenterState.SPEAKING
        self._onset = None
        self._votes.clear()
        self._holds.clear()
        self._words.clear()
        self._count(heard)

    def _begin(self, start: int) -> None:
        self.start = start
        self._levels.clear()
        self._voiced = 0
        self._sum_db = 0.0

    def _count(self, heard: Heard) -> None:
        self.speech_end = heard.end_sample
        self._voiced += 1
        self._sum_db += heard.level_dbfs

    def _pause(self, end: int) -> Utterance | None:
        self.state = SegmenterState.PAUSED
        silence = end - self.speech_end
        if silence >= self.timing.closing_silence:
            return self._close(end)
        if silence < self.timing.quick_closing + self.patience or not self._finished(end):
            return None
        self._doubted = True
        return self._close(end)

    def _finished(self, end: int) -> bool:
        """Nothing says that the utterance goes on."""
        return self._voiced * self.timing.step >= self.timing.quick_from and end - self._nearly_at >= NEARLY_COUNTS

    def _settle(self, end: int) -> None:
        """Silence up to here: was it right to close quickly?"""
        if self._doubted and end - self.speech_end >= self.timing.closing_silence:
            self._doubted = False
            self.patience = max(0, self.patience - PATIENCE_LOST)

    def _close(self, end: int) -> Utterance | None:
        self.state = SegmenterState.SILENT
        end = max(self.start, min(end, self.speech_end + self.timing.trailing_pad))
        self._earliest = end
        return self._utterance(end) if self._voiced * self.timing.step >= self.timing.shortest else None

    def _may_cut(self, end: int) -> bool:
        """Is this where the quietest place is looked for?"""
        return end - self.start > self.timing.longest - self.timing.cut_search

    def _cut(self, end: int) -> Utterance | None:
        """Past the longest length: cut where it was quietest lately, and go on from a little before the cut."""
        if end - self.start < self.timing.longest:
            return None
        _, at = min(self._levels)
        done, later = self._utterance(at, continues=True), list(self._levels)
        self._begin(max(self.start, at - self.timing.overlap))
        self._levels.extend((level, end) for level, end in later if end > at and self._may_cut(end))
        return done

    def _utterance(self, end: int, continues: bool = False) -> Utterance:
        mean_db = self._sum_db / max(1, self._voiced)
        return Utterance(self.start, end, min(self.speech_end, end), mean_db, continues)
