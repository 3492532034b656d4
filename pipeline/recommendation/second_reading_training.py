"""The second reading's weights, learnt from the cases kept beside the rules: the same cases give the same weights."""

import hashlib
import json
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt

from pipeline.recommendation.resemblance_training import learn_resemblance
from pipeline.recommendation.second_reading import WeightsFile, features, length
from pipeline.recommendation.yaml_lines import load

Array = npt.NDArray[np.float64]

CASES_FOLDER = "casos"
FEWEST_CASES = 2  # a stem or pair seen in fewer cases says nothing
STEPS = 300
MOMENTUM = 0.9
STIFFNESS = 0.125  # how strongly weights are held near zero: the inverse of scikit-learn's C
KEPT_PER_CODE = 250
DIGITS = 2


@dataclass(frozen=True, slots=True)
class Example:
    texts: tuple[str, ...]
    danger: str | None  # the code of the urgent referral that it calls for, if it does


def read_examples(folder: Path, urgent: frozenset[str]) -> list[Example]:
    """Every case of every file in `folder`, in the files' order. Raises RulesError."""
    found = []
    for file in sorted(folder.glob("*.yaml")):
        cases, _ = load(file)
        for case in cases:
            code = case.get("encaminhar")
            found.append(Example(tuple(case["falas"]), code if code in urgent else None))
    return found


def digest(examples: Sequence[Example]) -> str:
    """Names what the weights were learnt from."""
    told = json.dumps([[e.texts, e.danger] for e in examples], ensure_ascii=False)
    return hashlib.sha256(told.encode()).hexdigest()[:12]


def learn(examples: Sequence[Example]) -> WeightsFile:
    """Weigh every stem and pair: one reading tells danger from none, another tells the dangers apart.

    And learn what each case pulls towards by its meaning. Several minutes: every sentence is read for its meaning."""
    source, examples = examples, [*examples, *_in_one_breath(examples)]
    found = [{f for text in example.texts for f in features(text)} for example in examples]
    names = [name for name, cases in sorted(Counter(f for one in found for f in one).items()) if cases >= FEWEST_CASES]
    table = _table(found, names)
    danger = np.array([[1.0 if e.danger else 0.0] for e in examples])
    weights, bias = _fit(table, danger, _balanced(danger))
    codes = sorted({e.danger for e in examples if e.danger})
    rows = [i for i, e in enumerate(examples) if e.danger]
    which = np.array([[1.0 if examples[i].danger == code else 0.0 for code in codes] for i in rows])
    each, _ = _fit(_table([found[i] for i in rows], names), which, np.ones_like(which))
    return WeightsFile(
        casos=digest(source),
        vies=round(float(bias[0]), DIGITS),
        pesos={name: round(float(w), DIGITS) for name, w in zip(names, weights[:, 0], strict=True)},
        codigos={code: _most(names, each[:, n]) for n, code in enumerate(codes)},
        semelhanca=learn_resemblance([e.texts for e in examples], [e.danger is not None for e in examples]),
    )


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
    return [Example((" ".join(e.texts),), None) for e in examples if e.danger is None and len(e.texts) > 1]


def _balanced(wanted: Array) -> Array:
    """Weights that make both answers count the same."""
    share = wanted.mean(axis=0)
    balanced: Array = np.where(wanted > 0, 0.5 / share, 0.5 / (1 - share))
    return balanced


def _fit(table: _Table, wanted: Array, importance: Array) -> tuple[Array, Array]:
    """Logistic regression, one column a question, by accelerated gradient descent. No chance in it."""
    weights, bias = np.zeros((table.shape[1], wanted.shape[1])), np.zeros(wanted.shape[1])
    moved, shifted = np.zeros_like(weights), np.zeros_like(bias)
    step = 1.0 / (0.5 * importance.sum(axis=0).max() / 4 + STIFFNESS)
    for _ in range(STEPS):
        ahead, lean = weights + MOMENTUM * moved, bias + MOMENTUM * shifted
        missed = importance * (1 / (1 + np.exp(-(table.times(ahead) + lean))) - wanted)
        moved = MOMENTUM * moved - step * (table.turned_times(missed) + STIFFNESS * ahead)
        shifted = MOMENTUM * shifted - step * missed.sum(axis=0)
        weights, bias = weights + moved, bias + shifted
    return weights, bias


def _most(names: Sequence[str], weights: Array) -> dict[str, float]:
    strongest = sorted(range(len(names)), key=lambda n: (-abs(weights[n]), names[n]))[:KEPT_PER_CODE]
    return {names[n]: round(float(weights[n]), DIGITS) for n in sorted(strongest)}
