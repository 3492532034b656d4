"""Reading a conversation: what is said to be so now, of the person being served.

Nobody tells the speakers apart, so the words must: a symptom counts when it is stated, or asked about and
confirmed; not when it is denied, past, someone else's, on television, or only the name on a box whose price is asked.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from enum import StrEnum

from pipeline.recommendation.lexicon import Kind, Lexicon, Mention, Scan
from pipeline.recommendation.spoken import sound_of


class Status(StrEnum):
    SAID = "dito"
    DENIED = "negado"
    ASKED = "perguntado"
    PAST = "passado"
    OTHERS = "de outra pessoa"
    VOID = "sem valor"  # television, a label, a price, a spoken command


def _sounds(words: str) -> frozenset[str]:
    return frozenset(map(sound_of, words.split()))


NEGATORS = _sounds("não nem sem nunca nenhum nenhuma tampouco zero")
THROUGH = _sounds(  # words that a denial reaches across: "não tenho mais nada de febre nem dor"
    "tenho tem tinha tô to tou estou está tá ta teve tive deu dá sinto sentiu senti sente é foi apareceu veio fez com "
    "de da do a o as os uma um nenhuma nenhum qualquer mais ainda muito muita e ou nem nada não num eu ele ela só_ "
    "sou usa uso toma tomo nenhum tipo problema alergia"
)
VERBS = _sounds("tenho tô tou estou está tá é foi tive sinto")
STATERS = _sounds(
    "tô to tou estou eu meu minha meus minhas tenho sinto me mim sou tomo nós comigo peguei acordei fiquei"
)
ASKING_START = re.compile(
    r"^(e |mas |ai |ela |ele |a seniora |o senior |a seniora |voce |ce |vose |se |ainda |ja |so )*"
    r"(tem|teve|ta|esta|sente|sentiu|toma|usa|fuma|deu|doi|inxou|e|gravida|e alergik\w+|alguma|algum|"
    r"fas uso|kual|kuantos|kuantas|kuanto tempo|desde kuando)\b"
)
NO = re.compile(
    r"^(ai |a |ah |o |oi |e |tambem |oxi |moso |mosa |ixi |ixe |vixe |olia |bom |asim )*(nao|num|nada|nem|"
    r"nunka|ke nada|negativo|de jeito|nenum|nenuma|imajina|deus me livre|grasas a deus nao|axo ke nao|"
    r"ainda nao|so|sem)\b"
)
YES = re.compile(
    r"^(ai |a |ah |o |oi |e |olia |bom |moso |mosa )*(sim|teno|tem|teve|to|ta|aham|uhum|um hum|uum|aam|"
    r"iso|isu|klaro|kom serteza|um poko|um pokinio|pokinio|poko|muito|bastante|as veses|de ves|axo ke sim|"
    r"tomo|toma|so u|sou|e sim|tive|sinto|deu|fikei|infelismente|trinta e|38|39|foi|pior ke|demais|ontem|"
    r"oje|desde|uns|umas|kon|kom|exato|positivo|tambem|vixe|nosa|fas)\b"
)
AFTER_GERUND = re.compile(r"^(?:ta|esta|tem|para|vai) \w+(?:ando|endo|indo|ado|ido)\b")


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
    turns = tuple(_turn(lexicon.scan(text)) for text in texts)
    said = []
    for index, turn in enumerate(turns):
        for mention in turn.scan.mentions:
            said.append(Said(mention, index, _status(turns, index, mention)))
    return Reading(turns, tuple(said))


def _turn(scan: Scan) -> Turn:
    sounds = scan.spoken.sounds
    words = {token.sound for token in scan.spoken.tokens}
    states = bool(words & STATERS)
    cues = frozenset(
        m.concept.code for m in scan.mentions if m.concept.kind in (Kind.CUE, Kind.PERSON) and not denied(scan, m)
    )
    asks = "?" in scan.spoken.text or bool(ASKING_START.match(sounds))
    answer = False if NO.match(sounds) else True if YES.match(sounds) else None
    return Turn(scan, cues, states, asks, answer)


def denied(scan: Scan, mention: Mention) -> bool:
    """Whether a denial's scope covers the mention."""
    if _denied_before(scan, mention) or _denied_after(scan, mention):
        return True
    inside = {t.sound for t in scan.spoken.tokens[mention.first + 1 : mention.last]}
    if mention.negative or not inside & NEGATORS:
        return False
    return _denied_before(scan, replace(mention, first=mention.last))  # "intestino solto, sem sangue"


def _denied_before(scan: Scan, mention: Mention) -> bool:
    tokens = scan.spoken.tokens
    if tokens[mention.first].sound in NEGATORS:
        return False  # "não consigo dormir": the denial is the complaint
    inside = {i for m in scan.mentions if m.concept.kind is not Kind.CUE for i in range(m.first, m.last + 1)}
    place, verb = mention.first - 1, False
    listed = any(t.sound in ("nem", "nada", "nenum") for t in tokens[mention.last :])
    while place >= 0:
        token = tokens[place]
        if token.ends_clause and not (listed and place in inside):
            return False
        if token.sound in NEGATORS:
            like = place > 0 and tokens[place - 1].sound == "ke"  # "duro que nem pau"
            return tokens[place + 1].sound != "so" and not like
        if token.sound not in THROUGH and place not in inside:
            return False
        if verb and place in inside:
            return False  # "não é gripe é febre": the verb between opens a statement of its own
        verb = verb or (token.sound in VERBS and place not in inside)
        place -= 1
    return False


def _denied_after(scan: Scan, mention: Mention) -> bool:
    tokens = scan.spoken.tokens[mention.last + 1 :]
    if scan.spoken.tokens[mention.last].ends_clause or not tokens:
        return False
    skip = _sounds("eu ele ela isso graças a deus ainda também já")
    rest = list(tokens)
    while rest and rest[0].sound in skip:
        if rest.pop(0).ends_clause:
            return False
    if not rest or rest[0].sound not in ("nao", "num", "nenum", "nenuma", "nunka", "sero", "negativo"):
        return False
    if rest[0].ends_clause or len(rest) == 1 or rest[0].sound.startswith("nenum"):
        return True
    following = " ".join(t.sound for t in rest[1:4])
    if AFTER_GERUND.match(following):
        return False
    return rest[1].sound in _sounds(
        "tem tenho teve tive tô tá deu senti nem não só mas e é graças senhora senhor moça moço foi graças nada"
    )


def _status(turns: Sequence[Turn], index: int, mention: Mention) -> Status:
    turn, kind = turns[index], mention.concept.kind
    if denied(turn.scan, mention):
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


def _tag_question(turn: Turn) -> bool:
    return turn.scan.spoken.sounds.endswith("ne ")


def _is_question(turns: Sequence[Turn], index: int, mention: Mention) -> bool:
    turn = turns[index]
    if not turn.asks or turn.states or "pedido" in turn.cues or mention.concept.kind is Kind.MEDICINE:
        return False
    tokens = turn.scan.spoken.tokens
    if "?" in turn.scan.spoken.text:
        return any(token.asks for token in tokens[mention.last :])
    following = turns[index + 1] if index + 1 < len(turns) else None
    return following is not None and following.answer is not None and mention.first <= 8


def _answered(turns: Sequence[Turn], index: int) -> Status:
    if index + 1 == len(turns):
        return Status.ASKED
    return {True: Status.SAID, False: Status.DENIED, None: Status.ASKED}[turns[index + 1].answer]


def _void(turns: Sequence[Turn], index: int, mention: Mention) -> Status | None:
    turn, kind = turns[index], mention.concept.kind
    if _on_air(turns, index):
        return Status.VOID
    if kind is Kind.WARNING and turn.states:
        return None
    if "injecao" in turn.cues and (kind is Kind.MEDICINE or (kind is Kind.SYMPTOM and not turn.states)):
        return Status.VOID
    if kind is Kind.SYMPTOM:
        if "prevencao" in turn.cues and not turn.cues & {"agora", "desde"} and mention.concept.code not in PREVENTABLE:
            return Status.VOID
        if turn.cues & {"preco", "posologia", "logistica", "troca"} and (not turn.states or _label(turn, mention)):
            return Status.VOID
        if _label(turn, mention) and any(t.cues & {"preco", "desistiu", "troca"} for t in turns):
            return Status.VOID
        if "vacina" in turn.cues and not turn.states:
            return Status.VOID
    if kind is Kind.WARNING and turn.cues & {"posologia", "troca"}:
        return Status.VOID
    return None


PREVENTABLE = frozenset({"prevencao_picada", "protecao_solar", "enjoo_viagem", "enjoo", "medir_febre", "medir_glicose"})
LABELS = _sounds("remédio remedinho pomada pomadinha xarope creme comprimido spray pastilha gotas loção medicamento")
LINKS = _sounds("pra para pro de da do contra")


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


OWN = _sounds("tô tou estou eu tenho sinto tomo peguei fiquei acordei mim")


def _others(turns: Sequence[Turn], index: int) -> bool:
    """Someone who is not being served: gossip, a neighbour, a relative already in hospital."""
    turn = turns[index]
    if any(_asks_for_help(t) for t in turns[index:]):
        return False
    words = {token.sound for token in turn.scan.spoken.tokens}
    if turn.cues & {"fofoca", "terceiro"}:
        return not words & OWN or "fofoca" in turn.cues
    if index == 0 or words & OWN or turn.cues & {"parente", "crianca", "agora"}:
        return False
    before = turns[index - 1]
    return bool(before.cues & {"fofoca", "terceiro"}) and not before.cues & {"pedido"}


PRESENT = _sounds("tô to tou estou tá está tenho")


def _past_reaches(turn: Turn, mention: Mention) -> bool:
    """ "já tive candidíase" after "tô com coceira" does not make the itch past."""
    if any(m.concept.code == "passado" and m.first <= mention.first for m in turn.scan.mentions):
        return True
    return not any(t.sound in PRESENT for t in turn.scan.spoken.tokens[: mention.first])


def _is_gossip(turns: Sequence[Turn], index: int) -> bool:
    """A warning sign is left to others only when it is told as news: a neighbour's may need help now."""
    return any("fofoca" in turn.cues for turn in turns[max(0, index - 1) : index + 2])


FOR_THEM = _sounds("ele ela dele dela levo leva mando")


def _asks_for_help(turn: Turn) -> bool:
    """A request that is about the symptom, not about some other purchase."""
    if "pedido" not in turn.cues and "pedido_sintoma" not in turn.cues:
        return False
    about = any(m.concept.kind in (Kind.SYMPTOM, Kind.MEDICINE) for m in turn.scan.mentions)
    return about or bool(FOR_THEM & {t.sound for t in turn.scan.spoken.tokens})


def _past(turns: Sequence[Turn], index: int, mention: Mention) -> bool:
    turn = turns[index]
    still = turn.cues & {"agora", "nao_resolvido", "desde"}
    if "resolvido" in turn.cues and not still:
        return True
    if "passado" in turn.cues and not still and _past_reaches(turn, mention):
        return True
    ahead = turns[index + 1 : index + 3]
    for later in ahead:
        if "resolvido" in later.cues and not later.cues & {"nao_resolvido"}:
            own = [m for m in later.scan.mentions if m.concept.kind is mention.concept.kind and not m.concept.weak]
            return not own
    return False
