"""Transcribed speech as words that can be compared: without case, accents or spelling that sounds the same.

A recogniser writes what it hears ("cabessa", "enchaqueca", "asia"): words are folded to how they sound in Brazilian
Portuguese, and each keeps its place in the original text so that a quote is always literal.
"""

import re
import unicodedata
from bisect import bisect_right
from dataclasses import dataclass
from functools import cached_property, lru_cache

WORD = re.compile(r"\w+")
BREAK = re.compile(r"[,.;:?!…]")
SOUNDS: tuple[tuple[re.Pattern[str], str], ...] = tuple(
    (re.compile(pattern), sound)
    for pattern, sound in (
        ("ph", "f"),
        ("[cs]h", "x"),
        ("qu(?=[ei])", "k"),
        ("q", "k"),
        ("sc(?=[ei])", "s"),
        ("c(?=[ei])", "s"),
        ("c", "k"),
        ("g(?=[ei])", "j"),
        ("gu(?=[ei])", "g"),
        ("h", ""),
        ("y", "i"),
        ("w", "v"),
        ("z", "s"),
        (r"([b-z])\1+", r"\1"),  # not "aa": AAS is a medicine, "as" is not
    )
)


def plain(text: str) -> str:
    """Lower case without accents; `ç` is kept as the sound it has."""
    decomposed = unicodedata.normalize("NFD", text.casefold().replace("ç", "ss"))
    return "".join(c for c in decomposed if not unicodedata.combining(c))


@lru_cache(maxsize=20_000)
def sound_of(word: str) -> str:
    """How a word sounds: words that a recogniser confuses by spelling alone come out equal."""
    folded = plain(word)
    for pattern, sound in SOUNDS:
        folded = pattern.sub(sound, folded)
    return folded


@dataclass(frozen=True, slots=True)
class Token:
    start: int  # in the original text
    end: int
    sound: str
    ends_clause: bool = False  # punctuation follows
    asks: bool = False  # that punctuation is a question mark


@dataclass(frozen=True)
class Spoken:
    """One utterance, word by word."""

    text: str
    tokens: tuple[Token, ...]

    @cached_property
    def sounds(self) -> str:
        """The words' sounds, each followed by one space."""
        return "".join(f"{token.sound} " for token in self.tokens)

    @cached_property
    def starts(self) -> tuple[int, ...]:
        """Where each word begins in `sounds`."""
        places, at = [], 0
        for token in self.tokens:
            places.append(at)
            at += len(token.sound) + 1
        return tuple(places)

    def token_at(self, place: int) -> int:
        """The word that holds this place of `sounds`."""
        return bisect_right(self.starts, place) - 1

    def quote(self, first: int, last: int) -> str:
        """The original text of words first..last."""
        return self.text[self.tokens[first].start : self.tokens[last].end]


@lru_cache(maxsize=4096)
def spoken(text: str) -> Spoken:
    found = [m for m in WORD.finditer(text) if sound_of(m.group())]
    tokens: list[Token] = []
    for index, match in enumerate(found):
        until = found[index + 1].start() if index + 1 < len(found) else len(text)
        between = text[match.end() : until]
        following = sound_of(found[index + 1].group()) if index + 1 < len(found) else ""
        before = tokens[-1].sound if tokens else ""
        sound = _drinks(match.group(), before, following) or QUEUES.get(match.group().casefold())
        sound = sound or sound_of(match.group())
        tokens.append(Token(match.start(), match.end(), sound, bool(BREAK.search(between)), "?" in between))
    return Spoken(text, tuple(tokens))


QUEUES = {"fila": "fyla", "filas": "fylas"}  # spelt almost as "filha", and no child


DRUNK = frozenset(
    map(
        sound_of,
        [
            "água",
            "cerveja",
            "leite",
            "álcool",
            "café",
            "refrigerante",
            "líquido",
            "bastante",
            "pouco",
            "pouca",
            "muito",
            "muita",
        ],
    )
)


BEFORE_A_BABY = frozenset(
    {
        "meu",
        "mina",
        "o",
        "a",
        "do",
        "da",
        "pro",
        "pra",
        "para",
        "um",
        "uma",
        "de",
        "no",
        "na",
        "seu",
        "sua",
        "noso",
        "ese",
    }
)


def _drinks(word: str, before: str, following: str) -> str | None:
    """ "bebe água" is the verb, though it is spelt almost as "bebê"."""
    if word.casefold() != "bebe":
        return None
    return "bebi" if following in DRUNK or before not in BEFORE_A_BABY else None
