"""Search over the catalogue by words, tolerant of accents, plurals and what a recogniser mishears.

An index of words, and of their pairs of letters for words that are not in it, keeps a query over tens of thousands of
items within milliseconds.
"""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from heapq import nlargest
from math import log

from rapidfuzz import fuzz, process

from pipeline.recommendation.catalogue import Catalogue, Product
from pipeline.recommendation.spoken import sound_of, spoken

NAME_WEIGHT, INGREDIENT_WEIGHT, INDICATION_WEIGHT = 3.0, 2.0, 1.0
SIMILAR = 78.0  # of 100: "depirona" is dipirona, "loratadina" is not loperamida
CLOSEST = 3  # dictionary words tried for one that is not in it
COMMON = 0.3  # a word in more than this share of the products says nothing
EMPTY_WORDS = frozenset(
    map(
        sound_of,
        [
            "para",
            "pra",
            "de",
            "do",
            "da",
            "com",
            "em",
            "no",
            "na",
            "o",
            "a",
            "os",
            "as",
            "um",
            "uma",
            "e",
            "que",
            "eu",
            "me",
            "remedio",
            "remédio",
        ],
    )
)


@dataclass(frozen=True, slots=True)
class Hit:
    product: Product
    score: float


class SearchIndex:
    """Built once over a catalogue; read-only after."""

    def __init__(self, catalogue: Catalogue) -> None:
        self._products = list(catalogue.products.values())
        self._postings: dict[str, dict[int, float]] = defaultdict(dict)
        for number, product in enumerate(self._products):
            self._add(number, [product.name], NAME_WEIGHT)
            self._add(number, product.ingredients, INGREDIENT_WEIGHT)
            self._add(number, product.indications, INDICATION_WEIGHT)
        self._by_start: dict[str, list[str]] = defaultdict(list)
        for word in self._postings:
            self._by_start[word[0]].append(word)

    def _add(self, number: int, texts: Sequence[str], weight: float) -> None:
        for text in texts:
            for token in spoken(text).tokens:
                word = _singular(token.sound)
                if word not in EMPTY_WORDS:
                    known = self._postings[word]
                    known[number] = max(known.get(number, 0.0), weight)

    def search(self, query: str, most: int = 10) -> list[Hit]:
        """The products that fit the words best, best first."""
        scores: dict[int, float] = defaultdict(float)
        for word, likeness in self._words(query):
            postings = self._postings[word]
            if len(postings) > COMMON * len(self._products) and len(self._products) > 50:
                continue
            rarity = log(1 + len(self._products) / len(postings))
            for number, weight in postings.items():
                scores[number] += weight * rarity * likeness
        return [
            Hit(self._products[number], round(score, 2))
            for number, score in nlargest(most, scores.items(), key=lambda item: item[1])
        ]

    def _words(self, query: str) -> list[tuple[str, float]]:
        tokens = [_singular(t.sound) for t in spoken(query).tokens]
        joined = [a + b for a, b in zip(tokens, tokens[1:], strict=False)]
        found: dict[str, float] = {word: 1.0 for word in (*tokens, *joined) if word in self._postings}
        for word in (*(t for t in tokens if t not in EMPTY_WORDS), *joined):
            if word not in found and len(word) > 4:
                for near, likeness, _ in process.extract(
                    word, self._by_start[word[0]], scorer=fuzz.ratio, score_cutoff=SIMILAR, limit=CLOSEST
                ):
                    found.setdefault(near, likeness / 100 * 0.8)
        return list(found.items())


def _singular(word: str) -> str:
    return word[:-1] if word.endswith("s") and len(word) > 4 else word
