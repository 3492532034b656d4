"""Denial: which mentions a "não", a "nem" or a "sem" reaches."""

import re
from collections.abc import Sequence
from dataclasses import replace

from pipeline.recommendation.lexicon import Kind, Mention, Scan
from pipeline.recommendation.spoken import Token, sound_of


def sounds_of(words: str) -> frozenset[str]:
    """Each word's sound."""
    return frozenset(map(sound_of, words.split()))


NEGATORS = sounds_of("não nem sem nunca nenhum nenhuma tampouco zero")
THROUGH = sounds_of(  # words that a denial reaches across: "não tenho mais nada de febre nem dor"
    "tenho tem tinha tô to tou estou está tá ta teve tive deu dá sinto sentiu senti sente é foi apareceu veio fez com "
    "de da do a o as os uma um nenhuma nenhum qualquer mais ainda muito muita e ou nem nada não num eu ele ela só_ "
    "sou usa uso toma tomo nenhum tipo problema alergia posso estar chance possibilidade risco sinal"
)
VERBS = sounds_of("tenho tô tou estou está tá é foi tive sinto")
GOES_ON = sounds_of(  # what follows is not denied: "não para de doer", "não aguento a dor", "não passa a febre"
    "para parou paro passa passou some sumiu melhora melhorou cede cedeu baixa baixou aguento aguenta consigo consegue "
    "suporto suporta sei vejo deixa deixou adianta adiantou alivia aliviou larga sara sarou "
    "dorme durmo dormir come comer"
)
AFTER_GERUND = re.compile(r"^(?:ta|esta|tem|para|vai) \w+(?:ando|endo|indo|ado|ido)\b")


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
    later = list(zip(tokens[mention.last :], tokens[mention.last + 1 :], strict=False))
    listed = any(t.sound in ("nem", "nada", "nenum") and before.sound != "ke" for before, t in later)
    while place >= 0:
        token = tokens[place]
        if token.ends_clause and not (listed and place in inside):
            return False
        if token.sound in NEGATORS:
            if token.sound == "nao" and _closes(tokens, place):
                return False
            like = place > 0 and tokens[place - 1].sound == "ke"  # "duro que nem pau"
            return tokens[place + 1].sound not in GOES_ON | {"so"} and not like
        if token.sound not in THROUGH and place not in inside:
            return False
        if verb and place in inside:
            return False  # "não é gripe é febre": the verb between opens a statement of its own
        verb = verb or (token.sound in VERBS and place not in inside)
        place -= 1
    return False


PRONOUNS = sounds_of("ele ela eu agora mas")


def _closes(tokens: Sequence[Token], place: int) -> bool:
    """ "não coça não, ela tá quente": the second denial ends what was said before it, and denies nothing after."""
    doubled = place > 1 and tokens[place - 2].sound in NEGATORS and not tokens[place - 2].ends_clause
    following = tokens[place + 1].sound if place + 1 < len(tokens) else ""
    return doubled or following in PRONOUNS


SAME_VERB_LETTERS = 4
ALL_DISOWNED = re.compile(r"(\w+ ){0,6}(esas? koisas?|iso|diso|nada) (eu )?nao (teno|tem|tive|tomo|toma|uso|usa)\b")


def _denied_after(scan: Scan, mention: Mention) -> bool:
    tokens = scan.spoken.tokens[mention.last + 1 :]
    if mention.negative:
        return False  # "não pisa não": the second denial stresses the first
    if ALL_DISOWNED.match("".join(f"{t.sound} " for t in tokens)):
        return True  # "asma, gastrite, essas coisas eu não tenho"
    if scan.spoken.tokens[mention.last].ends_clause or not tokens:
        return False
    skip = sounds_of("eu ele ela isso graças a deus ainda também já")
    rest = list(tokens)
    while rest and rest[0].sound in skip:
        if rest.pop(0).ends_clause:
            return False
    if rest and rest[0].sound == "nada" and mention.first == mention.last:
        return rest[0].ends_clause or len(rest) == 1 or rest[1].sound in NEGATORS  # "caí nada, nem inchou"
    if not rest or rest[0].sound not in ("nao", "num", "nenum", "nenuma", "nunka", "sero", "negativo"):
        return False
    return _denies(rest, scan.spoken.tokens[mention.last])


def _denies(rest: Sequence[Token], told: Token) -> bool:
    """Whether a denial and the words after it deny what was told just before."""
    if rest[0].ends_clause or len(rest) == 1 or rest[0].sound.startswith("nenum"):
        return True
    if rest[-1].sound == "nao" and len(rest) == 3:
        return True  # "febre não botou não"
    stem = told.sound[:SAME_VERB_LETTERS]
    if len(stem) == SAME_VERB_LETTERS and rest[1].sound.startswith(stem):
        return True  # "sangrar não sangrou"
    following = " ".join(t.sound for t in rest[1:4])
    if AFTER_GERUND.match(following):
        return False
    return rest[1].sound in sounds_of(
        "tem tenho teve tive tô tá deu senti nem não só mas e é graças senhora senhor moça moço foi graças nada"
    )
