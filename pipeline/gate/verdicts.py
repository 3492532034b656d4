"""How the model's answers become verdicts: what counts as voice, and what has to stand out of a crowd first."""

from collections.abc import Sequence

import numpy as np

from pipeline.gate.alone import run_of, voices_of
from pipeline.gate.attention import Question
from pipeline.gate.company import Company
from pipeline.gate.crowd import Crowds
from pipeline.gate.evidence import Heard, Voice
from pipeline.gate.grid import Counts, Doubles, Flags, Floats, constant, grown
from pipeline.gate.level import SpeechLevels, dbfs

# Where the model's log-odds count. Measured: docs/gate.md.
OPEN_LOGIT = -1.2  # a probability of 0.23
HOLD_LOGIT = -2.0  # 0.12
NEARLY_LOGIT = -2.7
FAINT_LOGIT = -5.0  # this, or
FAINT_ABOVE_FLOOR_DB = 10.0  # this, moves a beginning back
BACKGROUND_LOGIT = -2.2  # 0.10: so much counts as voice when the background is judged
CONFIDENT_LOGIT = 4.0  # only such voice moves the gain
ABSENT_LOGIT = 0.75  # how much more it takes to open and to hold where nobody was heard lately
LOGIT_PER_DB = 0.1  # what a dB of VAD_ENERGY_THRESHOLD adds to the first four
BOUNDS = np.array([FAINT_LOGIT, NEARLY_LOGIT, HOLD_LOGIT, OPEN_LOGIT])
ABSENT_BOUNDS = BOUNDS + np.array([0.0, 0.0, ABSENT_LOGIT, ABSENT_LOGIT])
PRESENT, ABSENT = BOUNDS.tolist(), ABSENT_BOUNDS.tolist()
VOICES = tuple(Voice)  # as many bounds are below it
_BACKGROUND = float(np.float32(BACKGROUND_LOGIT))  # as it is compared with singles
_FAINT_ABOVE_FLOOR_DB, _NONE, _ONE = constant(FAINT_ABOVE_FLOOR_DB), constant(Voice.NONE), constant(1)


class Judge:
    """Knows every stream's speaker, background, company and threshold."""

    NUMBERS = 5  # of its memory

    def __init__(self) -> None:
        self.speech = SpeechLevels()
        self.crowds = Crowds()
        self._company = Company()
        self._shift: Doubles = np.zeros(0)  # of the log-odds

    def reserve(self, capacity: int) -> None:
        self.speech.reserve(capacity)
        self.crowds.reserve(capacity)
        self._company.reserve(capacity)
        self._shift = grown(self._shift, capacity)

    def open(self, row: int, origin: int, shift_db: float, memory: Sequence[float] | None) -> None:
        """`memory`: what `memory()` gave before, if this is a replay."""
        self.speech.open(row, memory[0] if memory else None)
        self.crowds.open(row, memory[1:-1] if memory else None)
        self._company.open(row, origin, memory[-1] if memory else None)
        self._shift[row] = LOGIT_PER_DB * shift_db

    def memory(self, row: int) -> list[float]:
        return [self.speech.memory(row), *self.crowds.memory(row), self._company.memory(row)]

    def judge(self, question: Question, logits: Floats, powers: Floats, floors_dbfs: Doubles) -> dict[int, list[Heard]]:
        """By place, the verdicts of every run that has anything in it.

        `logits`, `powers`: the model's log-odds and the mean squares, one a hop. `floors_dbfs`: one a run.
        """
        if len(floors_dbfs) == 1:
            return self._judge_alone(question, logits, powers, float(floors_dbfs[0]))
        hops = np.empty((len(logits), 4))  # voiced, change, clear, power
        np.greater(logits, BACKGROUND_LOGIT, out=hops[:, 0], casting="unsafe")
        np.abs(logits[1:] - logits[:-1], out=hops[1:, 1])
        hops[question.offsets, 1] = 0.0  # a run's first hop comes after none
        np.greater(logits, CONFIDENT_LOGIT, out=hops[:, 2], casting="unsafe")
        hops[:, 3] = powers
        means = np.add.reduceat(hops, question.offsets) / question.counts[:, None]
        means[:, 1] *= question.counts / (question.counts - _ONE)
        lowered = self._shift.take(question.rows)
        penalties = self.crowds.penalties(question.rows, means[:, :2], means[:, 3], floors_dbfs)
        if penalties is not None:
            lowered += penalties
        levels = dbfs(powers)
        loud = levels > (floors_dbfs + _FAINT_ABOVE_FLOOR_DB).repeat(question.counts)
        weighed = logits - lowered.repeat(question.counts)
        sure = means[:, 2] > _NONE
        voices = np.maximum(self._voices(question, weighed, sure), loud)
        something: Flags = np.maximum.reduceat(voices, question.offsets) > _NONE
        self._follow(question, something & sure, hops[:, 2], levels)
        return _told(question, something, voices, levels)

    def _judge_alone(
        self, question: Question, logits: Floats, powers: Floats, floor_dbfs: float
    ) -> dict[int, list[Heard]]:
        row, ends = int(question.rows[0]), question.ends.tolist()
        run = run_of(logits, powers, self.crowds.power(row), _BACKGROUND, CONFIDENT_LOGIT)
        lowered = float(self._shift[row]) + self.crowds.penalty(row, run, floor_dbfs)
        sure = any(run.clear)
        absent = self._company.absent_from(row, ends[-1], sure)
        bounds = ABSENT if absent else PRESENT
        voices = voices_of(run, lowered, floor_dbfs + FAINT_ABOVE_FLOOR_DB, bounds)
        if not any(voices):
            return {}
        if sure:
            self._follow(question, np.array([True]), np.array(run.clear, float), np.array(run.levels_dbfs))
        heard = map(Heard, ends, map(VOICES.__getitem__, voices), run.levels_dbfs)
        return {int(question.places[0]): list(heard)}

    def _voices(self, question: Question, logits: Floats | Doubles, sure: Flags) -> Counts:
        """As many bounds as each hop is above. `sure`: runs that are voice beyond doubt."""
        voices = BOUNDS.searchsorted(logits)
        absent = self._company.absent(question.rows, question.ends[question.counts.cumsum() - 1], sure)
        if absent.any():
            voices = np.where(absent.repeat(question.counts), ABSENT_BOUNDS.searchsorted(logits), voices)
        return voices

    def _follow(self, question: Question, sure: Flags, clear: Doubles, levels_dbfs: Doubles) -> None:
        """The speaker's level in clear hops of streams where that is sure to be one."""
        if sure.any():
            count = np.add.reduceat(clear, question.offsets)[sure]
            total_dbfs = np.add.reduceat(clear * levels_dbfs, question.offsets)[sure]
            self.speech.follow(question.rows[sure], count, total_dbfs / count)


def _told(question: Question, something: Flags, voices: Counts, levels_dbfs: Doubles) -> dict[int, list[Heard]]:
    ends, kinds, levels = question.ends.tolist(), voices.tolist(), levels_dbfs.tolist()
    heard = list(map(Heard, ends, map(VOICES.__getitem__, kinds), levels))
    firsts, lasts = question.offsets.tolist(), question.counts.cumsum().tolist()
    places = question.places.tolist()
    return {places[i]: heard[firsts[i] : lasts[i]] for i in np.flatnonzero(something).tolist()}
