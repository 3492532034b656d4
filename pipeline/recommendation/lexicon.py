"""The lexicon: concepts (a symptom, a condition, a medicine, a turn of phrase) and how people say them."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from functools import lru_cache

from pipeline.recommendation.patterns import Pattern
from pipeline.recommendation.spoken import Spoken, Token, spoken


class Kind(StrEnum):
    SYMPTOM = "sintoma"  # a complaint that a product may serve
    WARNING = "alarme"  # what a referral rule looks for
    CONDITION = "condicao"  # something true of the person for good: pregnancy, a disease, a medicine in use
    PERSON = "pessoa"  # of whom is spoken
    MEDICINE = "remedio"  # a medicine or its class, by name
    CUE = "pista"  # how something is said: a price question, a negation, television


@dataclass(frozen=True, slots=True)
class Concept:
    code: str
    name: str  # as the card says it
    kind: Kind
    patterns: tuple[Pattern, ...]
    serves: Mapping[str, float]  # indications, by concept, that help when none names this one; weight below 1
    generic: bool = False  # gives way where a longer mention covers it
    weak: bool = False  # said in passing more often than as a complaint: asks nothing alone
    implies: tuple[str, ...] = ()  # concepts that hold whenever this one does
    contraindication: str | None = None  # the catalogue's code for it


@dataclass(frozen=True, slots=True)
class Mention:
    concept: Concept
    first: int  # token, inclusive
    last: int
    negative: bool = False  # the pattern that found it holds a denial of its own


@dataclass(frozen=True, slots=True)
class Scan:
    spoken: Spoken
    mentions: tuple[Mention, ...]  # in order of their first word


class Lexicon:
    def __init__(self, concepts: Iterable[Concept]) -> None:
        self.concepts = {concept.code: concept for concept in concepts}
        self._by_anchor: dict[str, list[tuple[Pattern, Concept]]] = defaultdict(list)
        for concept in self.concepts.values():
            for pattern in concept.patterns:
                for anchor in pattern.anchors:
                    self._by_anchor[anchor].append((pattern, concept))
        self.scan = lru_cache(maxsize=8192)(self._scan)

    def _scan(self, text: str) -> Scan:
        """Every mention in one utterance. Answers are kept: a conversation is read again with each new utterance."""
        said = spoken(text)
        found: dict[tuple[str, int], Mention] = {}
        for pattern, concept in self._possible(said):
            for match in pattern.regex.finditer(said.sounds):
                first, last = said.token_at(match.start()), said.token_at(match.end() - 1)
                if pattern.negative and _cut_off(said, first, last):
                    continue
                for code in (concept.code, *concept.implies):
                    known = found.get((code, first))
                    if known is None or (known.last, known.negative) < (last, pattern.negative):
                        found[code, first] = Mention(self.concepts[code], first, last, pattern.negative)
        kept = [m for m in found.values() if not (m.concept.generic and _covered(m, found.values()))]
        return Scan(said, tuple(sorted(kept, key=lambda m: (m.first, m.last))))

    def _possible(self, said: Spoken) -> Iterable[tuple[Pattern, Concept]]:
        """The patterns whose anchor begins, or is, one of the words: a hundredth of them all."""
        found: dict[str, tuple[Pattern, Concept]] = {}
        for word in {token.sound for token in said.tokens}:
            for anchor in (f"{word} ", *(word[:end] for end in range(1, len(word) + 1))):
                for pattern, concept in self._by_anchor.get(anchor, ()):
                    found[f"{concept.code}/{pattern.source}"] = (pattern, concept)
        return found.values()

    def codes_in(self, text: str, kind: Kind) -> frozenset[str]:
        return frozenset(m.concept.code for m in self.scan(text).mentions if m.concept.kind is kind)


def _cut_off(said: Spoken, first: int, last: int) -> bool:
    """ "não, respira bem": the denial is an answer, and what follows it is not denied."""
    tokens = said.tokens[first : last + 1]
    denials = [token for token in tokens[:-1] if token.sound in ("nao", "num")]
    if denials and all(token.ends_clause for token in denials):
        return True
    leading = next((n for n, token in enumerate(tokens) if token.sound not in ("nao", "num")), 0)
    again = any(token.sound in ("nao", "num") for token in tokens[leading:-1])
    if leading and tokens[leading - 1].ends_clause and not again:
        return True  # "não não, xixi clarinho"
    return len(tokens) > DENIED_ALONE and _denies_its_own_word(tokens[-3:])


DENIED_ALONE = 3
STILL = frozenset({"ainda", "ele", "ela", "ja", "oje", "agora", "kuase", "eu"})


def _denies_its_own_word(ending: Sequence[Token]) -> bool:
    """ "xixi clarinho, tontura não": a word between a comma and the denial is what is denied."""
    before, word, denial = ending
    alone = before.ends_clause and not word.ends_clause and word.sound not in STILL
    return alone and denial.sound in ("nao", "num")


def _covered(mention: Mention, others: Iterable[Mention]) -> bool:
    return any(
        other.concept.kind is mention.concept.kind
        and not other.concept.generic
        and other.first <= mention.last
        and mention.first <= other.last
        for other in others
    )
