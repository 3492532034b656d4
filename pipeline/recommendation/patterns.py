"""The small language in which the lexicon says what people say.

    dor* ~2 (de|na) cabeça      words in order; `~2` lets up to two words come between
    febr*                       any word that begins so
    (tô|estou) muito? mal       one of; `?` makes the word or group before it optional
    dor* ~~4 peito              both, in either order, with up to four words between
    passou $                    nothing follows in the utterance

Case, accents and spelling that sounds the same do not matter: a pattern is folded as speech is (`spoken.py`).
"""

import re
from dataclasses import dataclass

from pipeline.recommendation.spoken import QUEUES, sound_of

PIECE = re.compile(r"~{1,2}\d+|\(|\)|\||\?|[^\s()|?~]+|\s+")
DENIALS = re.compile(r"\b(não|nem|sem|nunca|nenhum\w*|zero)\b")
NAME_ANCHOR = 3  # letters of a name that come before any split
AMBIGUOUS_END = {"c": "[ks]", "g": "[gj]"}  # how a stem's last letter sounds depends on the next


class PatternError(ValueError):
    """A pattern is not in the language."""


@dataclass(frozen=True, slots=True)
class Pattern:
    source: str
    regex: re.Pattern[str]
    negative: bool  # it holds a denial of its own: "não consigo dormir"
    anchors: tuple[str, ...]  # one of these occurs wherever the pattern does: a cheap first look


def compile_pattern(source: str) -> Pattern:
    """Raises PatternError, saying what is wrong."""
    pieces = [m for m in PIECE.finditer(source.strip()) if not m.group().isspace()]
    if not pieces or sum(len(m.group()) for m in pieces) != len(re.sub(r"\s+", "", source)):
        raise PatternError(f"cannot read {source!r}")
    parser = _Parser(source, [m.group() for m in pieces])
    body, anchors = parser.alternatives()
    if parser.pieces or not anchors:
        raise PatternError(f"{source!r} has a stray parenthesis, or only optional words")
    return Pattern(source, re.compile(r"(?<!\S)" + body), bool(DENIALS.search(source)), anchors)


def compile_name(name: str) -> Pattern:
    """A medicine's one-word name, whole or as a recogniser splits it: "ciclo benzaprina"."""
    sound = sound_of(name.removesuffix("*"))
    ending = r"\S* " if name.endswith("*") else " "
    spaced = " ?".join(map(re.escape, sound))
    return Pattern(name, re.compile(rf"(?<!\S){spaced}{ending}"), False, (sound[:NAME_ANCHOR],))


def _rarest(one: tuple[str, ...], other: tuple[str, ...]) -> tuple[str, ...]:
    """The anchors whose shortest is longer: they occur less often."""
    if not one or not other:
        return one or other
    return other if min(map(len, other)) > min(map(len, one)) else one


class _Parser:
    def __init__(self, source: str, pieces: list[str]) -> None:
        self.source, self.pieces = source, pieces[::-1]

    def alternatives(self) -> tuple[str, tuple[str, ...]]:
        bodies: list[str] = []
        anchors: list[str] = []
        complete = True
        while True:
            body, found = self.sequence()
            bodies.append(body)
            anchors.extend(found)
            complete = complete and bool(found)
            if not self.pieces or self.pieces[-1] != "|":
                break
            self.pieces.pop()
        return f"(?:{'|'.join(bodies)})", tuple(anchors) if complete else ()

    def sequence(self) -> tuple[str, tuple[str, ...]]:
        parts: list[str] = []
        best: tuple[str, ...] = ()
        while self.pieces and self.pieces[-1] not in "|)":
            if self.pieces[-1].startswith("~~") and parts:
                return self.either_order("".join(parts), best)
            body, anchors = self.element()
            if self.pieces and self.pieces[-1] == "?":
                self.pieces.pop()
                body, anchors = f"(?:{body})?", ()
            parts.append(body)
            best = _rarest(best, anchors)
        return "".join(parts), best

    def either_order(self, one: str, anchors: tuple[str, ...]) -> tuple[str, tuple[str, ...]]:
        gap = rf"(?:\S+ ){{0,{self.pieces.pop().removeprefix('~~')}}}?"
        other, found = self.sequence()
        if not other:
            raise PatternError(f"{self.source!r}: nothing after '~~'")
        return f"(?:{one}{gap}{other}|{other}{gap}{one})", _rarest(anchors, found)

    def element(self) -> tuple[str, tuple[str, ...]]:
        piece = self.pieces.pop()
        if piece == "(":
            group = self.alternatives()
            if not self.pieces or self.pieces.pop() != ")":
                raise PatternError(f"{self.source!r}: a parenthesis is not closed")
            return group
        if piece.startswith("~"):
            return rf"(?:\S+ ){{0,{piece[1:]}}}", ()
        if piece == "?":
            raise PatternError(f"{self.source!r}: nothing before '?'")
        if piece == "$":
            return "$", ()
        return self.word(piece)

    def word(self, piece: str) -> tuple[str, tuple[str, ...]]:
        stem = piece.removesuffix("*")
        if "*" in stem or not sound_of(stem):
            raise PatternError(f"{self.source!r}: '*' stands only at a word's end")
        sound = QUEUES.get(stem.casefold(), sound_of(stem))
        if not piece.endswith("*"):
            return re.escape(sound) + " ", (sound + " ",)
        if stem.endswith("ç"):
            return re.escape(sound) + r"(?=[aeiou])\S* ", (sound,)  # "coç*" is no "costas"
        ending = AMBIGUOUS_END.get(stem[-1].casefold())
        body = re.escape(sound[:-1]) + ending if ending else re.escape(sound)
        return body + r"\S* ", (sound[:-1] if ending else sound,)
