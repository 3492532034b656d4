"""The second reading's weights, learnt from the cases kept beside the rules: the same cases give the same weights."""

import hashlib
import json
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from pipeline.recommendation.resemblance_training import learn_resemblance
from pipeline.recommendation.second_reading import PerQuestion, Question, WeightsFile, features, length
from pipeline.recommendation.yaml_lines import load

Array = npt.NDArray[np.float64]

CASES_FOLDER = "casos"
SILENT_FILE = "calar.yaml"
STRANGERS_FILE = "exemplos_balcao.yaml"
OF_STRANGERS = 3.0  # what a case counts that someone wrote who had not seen the rules: talk as it will be
FEWEST_CASES = 2  # a stem or pair seen in fewer cases says nothing
STEPS = 300
STEEPEST = 0.25  # the logistic curve's greatest slope
STIFFNESS = 0.125  # how strongly weights are held near zero: the inverse of scikit-learn's C
KEPT_PER_CODE = 250
DIGITS = 2
LEAST = 1e-9


@dataclass(frozen=True, slots=True)
class Example:
    """`answers` has what is known of it: a question that is not there is learnt from others alone."""

    texts: tuple[str, ...]
    danger: str | None  # the code of the urgent referral that it calls for, if it does
    answers: Mapping[Question, bool] = field(default_factory=dict)
    counts: float = 1.0


def read_examples(folder: Path, urgent: frozenset[str]) -> list[Example]:
    """Every case of every file in `folder`, in the files' order. Raises RulesError."""
    found = []
    for file in sorted(folder.glob("*.yaml")):
        cases, _ = load(file)
        for case in cases:
            code, counts = case.get("encaminhar"), OF_STRANGERS if file.name == STRANGERS_FILE else 1.0
            answers = _answers(case, silent=file.name == SILENT_FILE)
            found.append(Example(tuple(case["falas"]), code if code in urgent else None, answers, counts))
    return found


def _answers(case: Mapping[str, Any], silent: bool) -> dict[Question, bool]:
    if "encaminhar" in case:
        return {Question.FREE: False}
    asks = case.get("pede", True if "sugerir" in case else False if silent else None)
    if asks is None:
        return {}
    return {Question.REQUEST: True, Question.FREE: True} if asks else {Question.REQUEST: False}


def digest(examples: Sequence[Example]) -> str:
    """Names what the weights were learnt from."""
    known = [[e.texts, e.danger, sorted(e.answers.items()), e.counts] for e in examples]
    return hashlib.sha256(json.dumps(known, ensure_ascii=False).encode()).hexdigest()[:12]


def learn(examples: Sequence[Example]) -> WeightsFile:
    """Weigh every stem and pair: a reading a `Question`, and another that tells the dangers apart.

    And learn what each case pulls towards by its meaning. Several minutes: every sentence is read for its meaning."""
    source, examples = examples, [*examples, *_in_one_breath(examples)]
    found = [{f for text in example.texts for f in features(text)} for example in examples]
    names = [name for name, cases in sorted(Counter(f for one in found for f in one).items()) if cases >= FEWEST_CASES]
    wanted, counts = _wanted(examples)
    weights, bias = _fit(_table(found, names), wanted, _balanced(wanted, counts))
    return WeightsFile(
        casos=digest(source),
        vies=_rounded(bias),
        pesos={name: _rounded(each) for name, each in zip(names, weights, strict=True)},
        codigos=_codes(examples, found, names),
        semelhanca=learn_resemblance([e.texts for e in examples], wanted, counts),
    )


def _wanted(examples: Sequence[Example]) -> tuple[Array, Array]:
    """A row a case, a column a question: whether the answer is yes, and how much the case counts for it.

    For danger each counts the same: a rare sign told once must not be outweighed."""
    answers = [{Question.DANGER: e.danger is not None, **e.answers} for e in examples]
    wanted = [[float(known.get(question, False)) for question in Question] for known in answers]
    counts = [
        [float(q in known) * (1.0 if q is Question.DANGER else e.counts) for q in Question]
        for e, known in zip(examples, answers, strict=True)
    ]
    return np.array(wanted), np.array(counts)


def _codes(examples: Sequence[Example], found: Sequence[set[str]], names: Sequence[str]) -> dict[str, dict[str, float]]:
    codes = sorted({e.danger for e in examples if e.danger})
    rows = [i for i, e in enumerate(examples) if e.danger]
    which = np.array([[1.0 if examples[i].danger == code else 0.0 for code in codes] for i in rows])
    each, _ = _fit(_table([found[i] for i in rows], names), which, np.ones_like(which))
    return {code: _most(names, each[:, n]) for n, code in enumerate(codes)}


def _rounded(numbers: Array) -> PerQuestion:
    danger, request, free = (round(float(n), DIGITS) for n in numbers)
    return danger, request, free


@dataclass(frozen=True, slots=True)
class _Table:
    """One row a case, of unit length unless it is short; only what is not zero is kept."""

    rows: npt.NDArray[np.int64]
    columns: npt.NDArray[np.int64]
    values: Array
    shape: tuple[int, int]

    def times(self, weights: Array) -> Array:
        """The table by a matrix of one column a question."""
        each = (np.bincount(self.rows, self.values * w[self.columns], self.shape[0]) for w in weights.T)
        return np.stack(list(each), axis=1)

    def turned_times(self, missed: Array) -> Array:
        each = (np.bincount(self.columns, self.values * m[self.rows], self.shape[1]) for m in missed.T)
        return np.stack(list(each), axis=1)


def _table(found: Sequence[set[str]], names: Sequence[str]) -> _Table:
    place = {name: n for n, name in enumerate(names)}
    known = [sorted(place[f] for f in one if f in place) for one in found]
    rows = np.repeat(np.arange(len(found)), [len(one) for one in known])
    values = np.array([1 / length(len(one)) for one in known])
    return _Table(
        rows, np.array([c for one in known for c in one], dtype=np.int64), values[rows], (len(found), len(names))
    )


def _in_one_breath(examples: Sequence[Example]) -> list[Example]:
    """The calm conversations as one long sentence each: that a sentence is long must not sound dangerous."""
    calm = (e for e in examples if e.danger is None and len(e.texts) > 1)
    return [Example((" ".join(e.texts),), None, counts=e.counts) for e in calm]


def _balanced(wanted: Array, counts: Array) -> Array:
    """Weights that make both answers to a question count the same."""
    share = ((wanted * counts).sum(axis=0) / np.maximum(counts.sum(axis=0), LEAST)).clip(LEAST, 1 - LEAST)
    balanced: Array = counts * np.where(wanted > 0, 0.5 / share, 0.5 / (1 - share))
    return balanced


def _fit(table: _Table, wanted: Array, importance: Array) -> tuple[Array, Array]:
    """Logistic regression, one column a question, by Nesterov's accelerated gradient descent. No chance in it.

    A step is as long as the curvature surely allows: a case's row and its share of the bias are of length 1 at most.
    """
    weights, bias = np.zeros((table.shape[1], wanted.shape[1])), np.zeros(wanted.shape[1])
    moved, shifted = np.zeros_like(weights), np.zeros_like(bias)
    step = 1.0 / (importance.sum(axis=0) * STEEPEST * 2 + STIFFNESS)
    for number in range(STEPS):
        momentum = number / (number + 3)
        ahead, lean = weights + momentum * moved, bias + momentum * shifted
        missed = importance * (1 / (1 + np.exp(-(table.times(ahead) + lean))) - wanted)
        moved = momentum * moved - step * (table.turned_times(missed) + STIFFNESS * ahead)
        shifted = momentum * shifted - step * missed.sum(axis=0)
        weights, bias = weights + moved, bias + shifted
    return weights, bias


def _most(names: Sequence[str], weights: Array) -> dict[str, float]:
    strongest = sorted(range(len(names)), key=lambda n: (-abs(weights[n]), names[n]))[:KEPT_PER_CODE]
    return {names[n]: round(float(weights[n]), DIGITS) for n in sorted(strongest)}
