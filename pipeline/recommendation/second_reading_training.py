"""The second reading's weights, learnt from the cases kept beside the rules: the same cases give the same weights."""

import hashlib
import json
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt

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
    """Weigh every stem and pair: one reading tells danger from none, another tells the dangers apart."""
    found = [{f for text in example.texts for f in features(text)} for example in examples]
    names = [name for name, cases in sorted(Counter(f for one in found for f in one).items()) if cases >= FEWEST_CASES]
    table = _table(found, names)
    danger = np.array([[1.0 if e.danger else 0.0] for e in examples])
    weights, bias = _fit(table, danger, _balanced(danger))
    codes = sorted({e.danger for e in examples if e.danger})
    rows = [i for i, e in enumerate(examples) if e.danger]
    which = np.array([[1.0 if examples[i].danger == code else 0.0 for code in codes] for i in rows])
    each, _ = _fit(table[rows], which, np.ones_like(which))
    return WeightsFile(
        casos=digest(examples),
        vies=round(float(bias[0]), DIGITS),
        pesos={name: round(float(w), DIGITS) for name, w in zip(names, weights[:, 0], strict=True)},
        codigos={code: _most(names, each[:, n]) for n, code in enumerate(codes)},
    )


def _table(found: Sequence[set[str]], names: Sequence[str]) -> Array:
    """One row a case, of unit length unless it is short."""
    place = {name: n for n, name in enumerate(names)}
    table = np.zeros((len(found), len(names)))
    for row, one in enumerate(found):
        known = [place[f] for f in one if f in place]
        table[row, known] = 1 / length(len(known))
    return table


def _balanced(wanted: Array) -> Array:
    """Weights that make both answers count the same."""
    share = wanted.mean(axis=0)
    balanced: Array = np.where(wanted > 0, 0.5 / share, 0.5 / (1 - share))
    return balanced


def _fit(table: Array, wanted: Array, importance: Array) -> tuple[Array, Array]:
    """Logistic regression, one column a question, by accelerated gradient descent. No chance in it."""
    weights, bias = np.zeros((table.shape[1], wanted.shape[1])), np.zeros(wanted.shape[1])
    moved, shifted = np.zeros_like(weights), np.zeros_like(bias)
    step = 1.0 / (0.5 * importance.sum(axis=0).max() / 4 + STIFFNESS)
    for _ in range(STEPS):
        ahead, lean = weights + MOMENTUM * moved, bias + MOMENTUM * shifted
        missed = importance * (1 / (1 + np.exp(-(table @ ahead + lean))) - wanted)
        moved = MOMENTUM * moved - step * (table.T @ missed + STIFFNESS * ahead)
        shifted = MOMENTUM * shifted - step * missed.sum(axis=0)
        weights, bias = weights + moved, bias + shifted
    return weights, bias


def _most(names: Sequence[str], weights: Array) -> dict[str, float]:
    strongest = sorted(range(len(names)), key=lambda n: (-abs(weights[n]), names[n]))[:KEPT_PER_CODE]
    return {names[n]: round(float(weights[n]), DIGITS) for n in sorted(strongest)}
