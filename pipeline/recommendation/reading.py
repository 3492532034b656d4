"""Reading a conversation: what is said to be so now, of the person being served.

Nobody tells the speakers apart, so the words must: a symptom counts when it is stated, or asked about and
confirmed; not when it is denied, past, someone else's, on television, or only the name on a box whose price is asked.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

from pipeline.recommendation.answers import ASKING_START, answer_to
from pipeline.recommendation.denial import denied, sounds_of
from pipeline.recommendation.lexicon import Kind, Lexicon, Mention, Scan


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


def read(texts: Sequence[str], lexicon: Lexicon) -> Reading:
    """Read a conversation's utterances, oldest first."""
    scans = [lexicon.scan(text) for text in texts]
    before = ["", *(scan.spoken.sounds for scan in scans)]
    turns = tuple(_turn(scan, question) for scan, question in zip(scans, before, strict=False))
    said = []
    for index, turn in enumerate(turns):
        for mention in turn.scan.mentions:
            said.append(Said(mention, index, _status(turns, index, mention)))
    return Reading(turns, tuple(said))


def _turn(scan: Scan, before: str) -> Turn:
    sounds = scan.spoken.sounds
    words = {token.sound for token in scan.spoken.tokens}
    states = bool(words & STATERS)
    cues = frozenset(
        m.concept.code for m in scan.mentions if m.concept.kind in (Kind.CUE, Kind.PERSON) and not denied(scan, m)
    )
    asks = "?" in scan.spoken.text or bool(ASKING_START.match(sounds))
    return Turn(scan, cues, states, asks, answer_to(before, sounds))


def _status(turns: Sequence[Turn], index: int, mention: Mention) -> Status:
    turn, kind = turns[index], mention.concept.kind
    if denied(turn.scan, mention) and not _corrects(turns, index, mention):
        return Status.DENIED
    if (void := _void(turns, index, mention)) is not None:
        return void
    if _is_question(turns, index, mention):
        return _answered(turns, index)
    if (
        index + 1 < len(turns)
        and _tag_question(turn)
        and turns[index + 1].answer is False
        and not turns[index + 1].states
    ):
        return Status.DENIED
    if kind in (Kind.SYMPTOM, Kind.WARNING):
        if _others(turns, index) and (kind is Kind.SYMPTOM or _is_gossip(turns, index)):
            return Status.OTHERS
        if _past(turns, index, mention):
            return Status.PAST
    return Status.SAID


def _corrects(turns: Sequence[Turn], index: int, mention: Mention) -> bool:
    """ "bolha?" "não é calo": the denial answers the question, and what follows it is so."""
    tokens = turns[index].scan.spoken.tokens
    words = [token.sound for token in tokens[:2]]
    if index == 0 or words not in (["nao", "e"], ["nao", "foi"]) or mention.first > CORRECTION_WORDS:
        return False
    before = turns[index - 1].scan
    named = {m.concept.code for m in before.mentions}
    return len(before.spoken.tokens) <= SHORT_QUESTION_WORDS and mention.concept.code not in named


def _tag_question(turn: Turn) -> bool:
    return turn.scan.spoken.sounds.endswith("ne ")


def _is_question(turns: Sequence[Turn], index: int, mention: Mention) -> bool:
    turn = turns[index]
    if turn.states or "pedido" in turn.cues or mention.concept.kind is Kind.MEDICINE:
        return False
    if not turn.asks:
        return _denied_list(turns, index)
    tokens = turn.scan.spoken.tokens
    if "?" in turn.scan.spoken.text:
        return any(token.asks for token in tokens[mention.last :])
    following = turns[index + 1] if index + 1 < len(turns) else None
    return following is not None and following.answer is not None and mention.first <= 8


SHORT_QUESTION_WORDS = 6
LIST_WORDS = 14  # of a list that is denied as a whole
ALL_DENIED = re.compile(r"^(nao )+(nada|nenum)|^nada (diso|de nada)|^nenum")
CORRECTION_WORDS = 3


def _denied_list(turns: Sequence[Turn], index: int) -> bool:
    """ "dor, vômito", "bateu a cabeça": few words of the attendant's, which the next utterance denies."""
    words = {token.sound for token in turns[index].scan.spoken.tokens}
    if index + 1 == len(turns) or index == 0 or words & OF_SOMEONE:
        return False
    all_of_it = ALL_DENIED.match(turns[index + 1].scan.spoken.sounds)
    if len(words) > (LIST_WORDS if all_of_it else SHORT_QUESTION_WORDS):
        return False
    return turns[index + 1].answer is False


def _answered(turns: Sequence[Turn], index: int) -> Status:
    if index + 1 == len(turns):
        return Status.ASKED
    reply = turns[index + 1]
    if reply.answer and "resolvido" in reply.cues and "nao_resolvido" not in reply.cues:
        return Status.PAST
    return {True: Status.SAID, False: Status.DENIED, None: Status.ASKED}[reply.answer]


def _void(turns: Sequence[Turn], index: int, mention: Mention) -> Status | None:
    turn, kind = turns[index], mention.concept.kind
    if _on_air(turns, index) or "figurado" in turn.cues:
        return Status.VOID
    if kind is Kind.WARNING and turn.states:
        return None
    if "injecao" in turn.cues and (kind is Kind.MEDICINE or (kind is Kind.SYMPTOM and not turn.states)):
        return Status.VOID
    if kind is Kind.SYMPTOM:
        if "prevencao" in turn.cues and not turn.cues & {"agora", "desde"} and mention.concept.code not in PREVENTABLE:
            return Status.VOID
        told = turn.states or turn.cues & {"bebe", "recem_nascido"}
        if turn.cues & {"preco", "posologia", "logistica", "troca"} and (not told or _label(turn, mention)):
            return Status.VOID
        if _label(turn, mention) and any(t.cues & {"preco", "desistiu", "troca"} for t in turns):
            return Status.VOID
        if "vacina" in turn.cues and not turn.states:
            return Status.VOID
    if kind is Kind.WARNING and "troca" in turn.cues:
        return Status.VOID
    return None


OF_SOMEONE = sounds_of("ele ela meu minha menino menina bebê filho filha neném tô estou hoje ontem agora desde")
PREVENTABLE = frozenset({"prevencao_picada", "protecao_solar", "enjoo_viagem", "enjoo", "medir_febre", "medir_glicose"})
LABELS = sounds_of("remédio remedinho pomada pomadinha xarope creme comprimido spray pastilha gotas loção medicamento")
LINKS = sounds_of("pra para pro de da do contra")


def _label(turn: Turn, mention: Mention) -> bool:
    """Only names what a box is for: "a pomada de micose"."""
    words = [token.sound for token in turn.scan.spoken.tokens[max(0, mention.first - 4) : mention.first + 1]]
    return bool(LABELS.intersection(words)) and (bool(LINKS.intersection(words)))


def _on_air(turns: Sequence[Turn], index: int) -> bool:
    turn = turns[index]
    if "midia" in turn.cues:
        return True
    nearby = range(max(0, index - 1), min(len(turns), index + 2))
    if not turn.states and any("midia" in turns[n].cues for n in nearby) and turn.answer is None:
        return True
    if any("desliga_midia" in t.cues for t in turns[index + 1 : index + 3]):
        return not turn.states or index + 1 < len(turns) and "desliga_midia" in turns[index + 1].cues
    return "desliga_midia" in turn.cues and not turn.states


OWN = sounds_of("tô tou estou eu tenho sinto tomo peguei fiquei acordei mim")


def _others(turns: Sequence[Turn], index: int) -> bool:
    """Someone who is not being served: gossip, a neighbour, a relative already in hospital."""
    turn = turns[index]
    if any(_asks_for_help(t) for t in turns):
        return False
    words = {token.sound for token in turn.scan.spoken.tokens}
    if turn.cues & {"fofoca", "terceiro"}:
        return not words & OWN or "fofoca" in turn.cues
    if index == 0 or words & OWN or turn.cues & {"parente", "crianca", "agora"}:
        return False
    before = turns[index - 1]
    return bool(before.cues & {"fofoca", "terceiro"}) and not before.cues & {"pedido"}


PRESENT = sounds_of("tô to tou estou tá está tenho")


def _past_reaches(turn: Turn, mention: Mention) -> bool:
    """ "já tive candidíase" after "tô com coceira" does not make the itch past."""
    tokens = turn.scan.spoken.tokens
    past = [m for m in turn.scan.mentions if m.concept.code == "passado"]
    if all(mention.first <= m.first and m.last <= mention.last for m in past):
        return False  # "a pior que já tive": its own words
    before = [m for m in past if m.first <= mention.first]
    if before:
        since = max(m.last for m in before)
        return not any(t.sound in PRESENT for t in tokens[since : mention.last + 1])
    after = [m.first for m in past if m.first > mention.last]
    if after and any(t.ends_clause for t in tokens[mention.last : min(after)]):
        return False  # "coceira, já tive antes": a statement of its own
    return not any(t.sound in PRESENT for t in tokens[: mention.first])


def _is_gossip(turns: Sequence[Turn], index: int) -> bool:
    """A warning sign is left to others only when it is told as news: a neighbour's may need help now."""
    return any("fofoca" in turn.cues for turn in turns[max(0, index - 1) : index + 2])


FOR_THEM = sounds_of("ele ela dele dela levo leva mando")


def _asks_for_help(turn: Turn) -> bool:
    """A request that is about the symptom, not about some other purchase."""
    if "pedido" not in turn.cues and "pedido_sintoma" not in turn.cues:
        return False
    about = any(m.concept.kind in (Kind.SYMPTOM, Kind.MEDICINE) for m in turn.scan.mentions)
    return about or bool(FOR_THEM & {t.sound for t in turn.scan.spoken.tokens})


def _past(turns: Sequence[Turn], index: int, mention: Mention) -> bool:
    turn = turns[index]
    still = turn.cues & {"agora", "nao_resolvido", "desde"}
    if "resolvido" in turn.cues and (not still or "passado" in turn.cues):
        return True
    if "passado" in turn.cues and not still and _past_reaches(turn, mention):
        return True
    ahead = turns[index + 1 : index + 5]
    for later in ahead:
        if "resolvido" in later.cues and not later.cues & {"nao_resolvido"}:
            own = [m for m in later.scan.mentions if m.concept.kind is mention.concept.kind and not m.concept.weak]
            return not own
    return False
