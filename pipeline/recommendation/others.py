"""Someone who is not being served: gossip, a neighbour, an animal, a relative already in hospital."""

from collections.abc import Sequence

from pipeline.recommendation.denial import sounds_of
from pipeline.recommendation.lexicon import Kind, Mention
from pipeline.recommendation.turns import Turn

BITES = sounds_of("mordeu morde mordida mordeu-me arranhou atacou avançou")
OWN = sounds_of("tô tou estou eu tenho sinto tomo peguei fiquei acordei mim")


def of_others(turns: Sequence[Turn], index: int, mention: Mention) -> bool:
    """Someone who is not being served: gossip, a neighbour, a relative already in hospital."""
    turn = turns[index]
    words = {token.sound for token in turn.scan.spoken.tokens}
    if any(_asks_for_help(t) for t in turns):
        return False
    if _of_an_animal(turns, turn) and not words & OWN and "crianca" not in turn.cues and not words & BITES:
        return True
    if _quoted(turns, index, mention):
        return True
    if "familia" in turn.cues and "fofoca" not in turn.cues:
        return False
    if turn.cues & {"fofoca", "terceiro"}:
        if _told_before(turn, mention):
            return False
        return not words & OWN or "fofoca" in turn.cues
    if index == 0 or words & OWN or turn.cues & {"parente", "crianca", "agora"}:
        return False
    before = turns[index - 1]
    return bool(before.cues & {"fofoca", "terceiro"}) and not before.cues & {"pedido"}


def _quoted(turns: Sequence[Turn], index: int, mention: Mention) -> bool:
    """ "meu chefe faltou" "gripe, diz ele"."""
    told = "diz_ele" in turns[index].cues and mention.concept.kind is Kind.SYMPTOM
    return told and any("terceiro" in turn.cues for turn in turns[:index])


def _of_an_animal(turns: Sequence[Turn], turn: Turn) -> bool:
    """A pet's own, or what is asked after a pet's things: "cês vendem coleira", and then "a thor tá se coçando"."""
    return "animal" in turn.cues or any("loja_de_bicho" in t.cues for t in turns)


def _told_before(turn: Turn, mention: Mention) -> bool:
    """ "febre e dor no corpo, e meu vizinho tá com dengue": only what follows the neighbour is the neighbour's."""
    tokens = turn.scan.spoken.tokens
    people = [m.first for m in turn.scan.mentions if m.concept.code == "terceiro"]
    return bool(people) and any(token.ends_clause for token in tokens[mention.last : min(people)])


def is_gossip(turns: Sequence[Turn], index: int) -> bool:
    """A warning sign is left to others only when it is told as news: a neighbour's may need help now."""
    return "animal" in turns[index].cues or any("fofoca" in turn.cues for turn in turns[max(0, index - 1) : index + 2])


FOR_THEM = sounds_of("ele ela dele dela levo leva mando")


def _asks_for_help(turn: Turn) -> bool:
    """A request that is about the symptom, not about some other purchase."""
    if "pedido" not in turn.cues and "pedido_sintoma" not in turn.cues:
        return False
    about = any(m.concept.kind in (Kind.SYMPTOM, Kind.MEDICINE) for m in turn.scan.mentions)
    return about or bool(FOR_THEM & {t.sound for t in turn.scan.spoken.tokens})
