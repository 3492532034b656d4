"""A list of signs asked for, and what the reply says of each: "boca inchada, febre?" "boca normal, febre não"."""

import re
from collections.abc import Sequence

from pipeline.recommendation.answers import PLAIN
from pipeline.recommendation.denial import NEGATORS, sounds_of
from pipeline.recommendation.lexicon import Kind, Mention, Scan
from pipeline.recommendation.spoken import Token

STEM_LETTERS = 4
WELL_WORDS = sounds_of(
    "normal normais bem bom boa bons boas limpo limpa limpinho limpinha mole macia macio ótimo ótima perfeito perfeita "
    "claro clara clarinho lisa lisinha inteiro firme tranquilo tranquila calmo calminho zerado livre reto seco seca"
)
ENDS = sounds_of("não nada nem nenhum nenhuma zero nunca jamais queria dera")
WITHIN = 2  # words between a sign said back and what is said of it
FEWEST = 2
SIGNS = (Kind.SYMPTOM, Kind.WARNING, Kind.CONDITION)
ALL_WELL = re.compile(
    r"^(ai |a |ah |olia |grasas a deus )*(to|ta|esta|tudo|fikei|sou|eles? ta|els? ta) (super |muito |bem )*"
    r"(otim[oa]|bem|bom|boa|normal|ok|de boa|trankil[oa]|saudavel|nov[oa]|serad[oa]|em sima|serto)\b"
    r"(?!.*\b(mas|porem|so ke|tirando|menos)\b)"
)
NO_SUCH = re.compile(
    r"^(e |ai |a |ah )*(nem (um|uma) (koisa )?nem outr[oa]|nenum (dos|deles)|nenuma (das|delas)|nadin\w*|nadika|neka|"
    r"kem me dera|ke nada|eu la teno)\b"
)


def sign_answer(asked: Scan, mention: Mention, reply: Scan) -> bool | None:
    """Whether the reply says this sign is so: True, False, or None when it says nothing of it by name."""
    stems = {t.sound[:STEM_LETTERS] for t in asked.spoken.tokens[mention.first : mention.last + 1] if _tells(t)}
    tokens = reply.spoken.tokens
    found = [_affirmed(tokens, n) for n, token in enumerate(tokens) if token.sound[:STEM_LETTERS] in stems]
    return any(found) if found else None


def lists_signs(asked: Scan) -> bool:
    """Whether a question names several signs, each in words of its own."""
    apart, until = 0, -1
    for mention in asked.mentions:
        if mention.concept.kind in SIGNS and mention.first > until:
            apart, until = apart + 1, mention.last
    return apart >= FEWEST


def denies_them_all(reply: Scan) -> bool:
    """ "tô ótima", "nem uma coisa nem outra", "nenhum dos dois"."""
    return bool(ALL_WELL.match(reply.spoken.sounds) or NO_SUCH.match(reply.spoken.sounds))


def _tells(token: Token) -> bool:
    return token.sound not in PLAIN and len(token.sound) >= STEM_LETTERS - 1


def _affirmed(tokens: Sequence[Token], place: int) -> bool:
    """Not denied before it or after it, nor said to be well."""
    before = tokens[max(0, place - WITHIN) : place]
    for token in reversed(before):
        if token.ends_clause:
            break
        if token.sound in NEGATORS:
            return False
    return not _put_right(tokens, place)


def _put_right(tokens: Sequence[Token], place: int) -> bool:
    if tokens[place].ends_clause:
        return False
    for token in tokens[place + 1 : place + 2 + WITHIN]:
        if token.sound in ENDS or token.sound in WELL_WORDS:
            return True
        if token.ends_clause:
            break
    return False
