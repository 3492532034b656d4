"""A second reading, without rules: how much a conversation is like the cases that had to be referred, or answered.

The rules know what they have words for. This net knows which stems, and pairs of them, stand in the cases kept beside
the rules (`second_reading_training.py` weighs them), and how near it is to them in meaning (`resemblance.py`). The two
are wrong about different things, and the rules about others: danger told in words that no rule has is still noticed,
and so is a complaint that nobody wants served, or an allergy that no rule heard.
It only ever takes a product back or calls the pharmacist.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from enum import IntEnum
from functools import lru_cache
from math import exp, sqrt
from pathlib import Path

from pydantic import BaseModel, ConfigDict

from pipeline.recommendation.errors import RulesError
from pipeline.recommendation.resemblance import Resemblance, ResemblanceFile
from pipeline.recommendation.spoken import spoken

FILE_NAME = "segunda_leitura.json"
STEM_LETTERS = 4
FEWEST_LETTERS = 3  # of a stem that counts alone
FEWEST_KNOWN = 40
MEANING = 2.5  # what resemblance weighs beside the words


class Question(IntEnum):
    """What is asked of a conversation; its number is its place in every table of weights."""

    DANGER = 0  # has it to be referred at once?
    REQUEST = 1  # does somebody served want something, now, for what is told? Learnt from answers against silences
    FREE = 2  # may the person have it? Learnt from answers against referrals


PerQuestion = tuple[float, float, float]


class WeightsFile(BaseModel):
    """`casos` is the digest of the cases that the weights were learnt from; a weight a `Question`, in its order."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    casos: str
    vies: PerQuestion
    pesos: dict[str, PerQuestion]
    codigos: dict[str, dict[str, float]]
    semelhanca: ResemblanceFile


@dataclass(frozen=True, slots=True)
class Likeness:
    """`danger` is between 0 and 1; `codes` the referrals, likest first; `utterance` the one that says so most."""

    danger: float
    codes: tuple[str, ...]
    utterance: int


@dataclass(frozen=True, slots=True)
class Permission:
    """How sure it is, between 0 and 1, that something is asked for, and that nothing told forbids it."""

    request: float
    free: float


class SecondReading:
    """Raises ValueError when the weights do not fit one another."""

    def __init__(self, weights: WeightsFile) -> None:
        self._weights = weights
        self._resemblance = Resemblance(weights.semelhanca)
        if self._resemblance.questions != len(Question):
            raise ValueError("`semelhanca` does not answer every question")

    @property
    def cases(self) -> str:
        """The digest of the cases learnt from."""
        return self._weights.casos

    @property
    def codes(self) -> frozenset[str]:
        return frozenset(self._weights.codigos)

    def likeness(self, texts: Sequence[str]) -> Likeness | None:
        """What these utterances are like; None when no word of them is known."""
        each = [features(text) for text in texts]
        known = self._known(f for found in each for f in found)
        if not known:
            return None
        alone = (self._known(found) for found in each)  # one sentence among small talk says it as well
        weighed = max(self._weigh(found, Question.DANGER) for found in (known, *alone))
        danger = _between(weighed, self._resemblance.pulls(texts)[Question.DANGER])
        return Likeness(danger, self._likest(known), self._heaviest(each))

    def permission(self, texts: Sequence[str]) -> Permission:
        """Whether a product may be shown after these utterances, the attendant's among them."""
        known, pulls = self._known(f for text in texts for f in features(text)), self._resemblance.pulls(texts)
        asked = (Question.REQUEST, Question.FREE)
        return Permission(*(_between(self._weigh(known, question), pulls[question]) for question in asked))

    def _known(self, found: Iterable[str]) -> set[str]:
        return {f for f in found if f in self._weights.pesos}

    def _weigh(self, known: set[str], question: Question) -> float:
        total = sum(self._weights.pesos[f][question] for f in known)
        return self._weights.vies[question] + total / length(len(known))

    def _likest(self, known: set[str]) -> tuple[str, ...]:
        total = {code: _sum(known, weights) for code, weights in self._weights.codigos.items()}
        return tuple(sorted(total, key=lambda code: (-total[code], code)))

    def _heaviest(self, each: Sequence[tuple[str, ...]]) -> int:
        weights = [sum(self._weights.pesos[f][Question.DANGER] for f in self._known(found)) for found in each]
        return weights.index(max(weights))


def _between(weighed: float, pull: float) -> float:
    return 1 / (1 + exp(-weighed - MEANING * pull))


def _sum(known: Iterable[str], weights: Mapping[str, float]) -> float:
    return sum(weights.get(f, 0.0) for f in known)


def length(known: int) -> float:
    """What a conversation's weights are divided by; a few words alone say little."""
    return sqrt(max(known, FEWEST_KNOWN))


@lru_cache(maxsize=8192)
def features(text: str) -> tuple[str, ...]:
    """An utterance's stems, and each with the next one. The shortest words count in pairs only: alone they say nothing
    but that a sentence is long."""
    stems = [token.sound[:STEM_LETTERS] for token in spoken(text).tokens]
    pairs = [f"{a} {b}" for a, b in zip(stems, stems[1:], strict=False)]
    return tuple(dict.fromkeys([*(stem for stem in stems if len(stem) >= FEWEST_LETTERS), *pairs]))


def load_second_reading(path: Path) -> SecondReading:
    """Raises RulesError."""
    try:
        return SecondReading(WeightsFile.model_validate_json(path.read_bytes()))
    except OSError as error:
        raise RulesError(
            path, None, f"cannot be read ({error.strerror}); make it with `balto regras aprender`"
        ) from error
    except ValueError as error:
        raise RulesError(path, None, "is not what `balto regras aprender` writes; make it again") from error
