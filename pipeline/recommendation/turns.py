"""A conversation's turns, and what is said in them."""

from dataclasses import dataclass
from enum import StrEnum

from pipeline.recommendation.denial import sounds_of
from pipeline.recommendation.lexicon import Kind, Mention, Scan


class Status(StrEnum):
    SAID = "dito"
    DENIED = "negado"
    ASKED = "perguntado"
    PAST = "passado"
    OTHERS = "de outra pessoa"
    VOID = "sem valor"  # television, a label, a price, a spoken command


STATERS = sounds_of(
    "tô to tou estou eu meu minha meus minhas tenho sinto me mim sou tomo nós comigo peguei acordei fiquei"
)


@dataclass(frozen=True, slots=True)
class Said:
    """A mention and what it is worth."""

    mention: Mention
    turn: int
    status: Status

    @property
    def code(self) -> str:
        return self.mention.concept.code


@dataclass(slots=True)
class Turn:
    scan: Scan
    cues: frozenset[str]
    states: bool  # someone speaks of themselves or their own
    asks: bool
    answer: bool | None  # how it answers the question before it, if it does


@dataclass(frozen=True, slots=True)
class Reading:
    turns: tuple[Turn, ...]
    said: tuple[Said, ...]

    def cue(self, code: str) -> bool:
        return any(code in turn.cues for turn in self.turns)

    def holding(self, *kinds: Kind) -> list[Said]:
        return [s for s in self.said if s.status is Status.SAID and s.mention.concept.kind in kinds]
