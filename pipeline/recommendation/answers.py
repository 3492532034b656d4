"""Questions, and how the next utterance answers them: "não", "sim", or the question's own verb said back."""

import re

from pipeline.recommendation.denial import NEGATORS, sounds_of

UNSURE = re.compile(  # "grávida?" "não sei, não fiz teste": in doubt it is so
    r"^(\w+ )?(nao sei|pode ser|talves|kem sabe|sei la|axo ke (sim|to|esto|teno|tenho)|to tentando|"
    r"to deskonfi\w*)\b"
)
ASKING_START = re.compile(
    r"^(e |mas |ai |ela |ele |a senora |o senor |voce |ce |vose |se |ainda |ja |so )*"
    r"(tem|teve|ta|esta|sente|sentiu|toma|usa|fuma|deu|doi|inxou|e|gravida|e alergik\w+|alguma|algum|"
    r"fas uso|kual|kuantos|kuantas|kuanto tempo|desde kuando)\b"
)
NO = re.compile(
    r"^(ai |a |ah |o |oi |e |tambem |oxi |moso |mosa |ixi |ixe |vixe |olia |bom |asim |"
    r"ba |ue |uai |eita |opa |kredo |misericordia )*"
    r"(nao|num|nada|nem|"
    r"nunka|ke nada|negativo|de jeito|nenum|nenuma|imajina|deus me livre|(tudo )?normal|kapas|sero bala|"
    r"jamais|majina|ta (louk|doid)[oa]|ta so|"
    r"tudo (bem|bom|serto|limpo|serad\w|serinho|tranki\w+|otimo)|"
    r"enxergo (perfeito|bem|normal)|saudavel|trankil\w|grasas a deus nao|axo ke nao|"
    r"ainda nao|so|sem|sero|nadin\w*|nadika|neka|engordei|ke nada|kem me dera|to so (preven|garant)\w+)\b"
)
YES = re.compile(
    r"^(ai |a |ah |o |oi |e |olia |bom |moso |mosa )*(sim|teno|tem|teve|to|ta|aham|uhum|um hum|uum|aam|"
    r"iso|isu|klaro|kom serteza|um pouk\w+|pouk\w+|muit\w+|bastante|as veses|de ves|axo ke sim|"
    r"tomo|toma|so u|sou|e sim|tive|sinto|deu|fikei|infelismente|trinta e|kuarenta|38|39|40|foi|pior ke|demais|ontem|"
    r"oje|desde|uns|umas|kon|kom|exato|positivo|tambem|vixe|nosa|fas)\b"
)
A_LITTLE = re.compile(
    r"^so (um )?(pouk\w+|tikin\w+|mais ou menos|as veses|kuando|de noite|ontem|oje|agora|no komeso)\b"
)
NO_LATER = re.compile(
    r"^(grasas a deus|ke eu saiba|ate agora|por enkuanto|iso|pra mim|komigo|aki|la em kasa|ela|ele|eu|moso|mosa|"
    r"tem|teno|tive|teve|ta|to|sou|e|fui|foi|deu|uso|tomo|toma) (nao|nada|nenum)\b"
)
NEVER_PREGNANT = re.compile(
    r"^(nao )?(sou|to na|to|uso|tomo|fis|tenho|ja) "
    r"(lakead\w+|menopausa|operada|diu|anticonsep\w+|omem|vasektomia|lakeadura|pilula)"
)
LEFT_BEHIND = re.compile(r"^(ai |ixi |vixe )*(perdi|eskesi|vens\w+|deixei|fikou|ta em kasa|akabou|sumiu)\b")
COMPARED = r"(?<!ke o )(?<!ke )(?<!do )"  # "mais cansado que o normal": not well
ALL_IS_WELL = re.compile(
    COMPARED + r"\b(normal|normalmente|direitino|de boa|trankil\w|otim[oa]) $"
)  # "subo escada normal"
WORD_NOT = re.compile(
    r"^(?!sei|lembro|muit|bastante|demais|pouk|sim|doi|piora)\w+ (nao|nada|nenum|nenuma)\b"
)  # "vomitar não", "confusa nada"
WELL = re.compile(
    COMPARED + r"\b(normal|normalmente|bem|otim[oa]|limp[oa]|abert[oa]|klarin[oa]|retin[oa]|mole|firme|numa boa|"
    r"de boa|inteir[oa]|pulando|brinkando|korendo|brinka|mama|kome|tudo (serto|bom|em sima|em dia|em ordem|tinindo)|"
    r"tinindo|saudavel|saude (de|e) (fero|boa)|de parabens|novin[oa]|um touro|um leao)\b"
)
BUT = re.compile(r"\b(mas|porem|so ke|agora|nao|nem|mal|menos|pouko|sem|vose|senora|senor|tu|meu bem|fikar?)\b")
SINCE_WHEN = re.compile(r"\b(tempo|kuando|dias)\b")
LATELY = re.compile(r"^(foi |e |ta |desde )*(ontem|oje|agora|inda agora|anteontem)\b")
UNSURE = re.compile(r"^(ai |a |ah |olia |ixi |moso |mosa |nosa )*(nao|num|nem) (sei|lembro|faso ideia|tenho serteza)\b")
SCOFFS = re.compile(r"ke (?P<word>\w+) (o ke|nada|ke nada)\b")  # "que besteira o quê"
ECHOES = 3  # words into the answer where the question's verb is said back
PLAIN = sounds_of("a o as os e de da do que com em no na um uma ela ele eu mas já tá é tem só pra por se")


def answer_to(question: str, sounds: str) -> bool | None:
    """How an utterance answers the one before it, both as sounds: True, False, or None when it does not say."""
    if UNSURE.match(sounds):
        return None
    if A_LITTLE.match(sounds):
        return True
    if _says_it_back(question, sounds):
        return True
    if WORD_NOT.match(sounds) or _is_well(sounds) or (SINCE_WHEN.search(question) and LATELY.match(sounds)):
        return False
    words = sounds.split()
    asked = set(question.split()) - PLAIN
    if (scoffed := SCOFFS.match(sounds)) and scoffed["word"] in asked:
        return False
    for place, word in enumerate(words[:ECHOES]):
        if word in asked and not NO.match(sounds):  # "pisa?" "piso não" is a no, "dói?" "dói demais" a yes
            return "nao" not in words[place + 1 : place + 3] and "nada" not in words[place + 1 : place + 2]
    if "reseita" in question and LEFT_BEHIND.match(sounds):
        return False
    if NO.match(sounds) or NO_LATER.match(sounds) or ("gravid" in question and NEVER_PREGNANT.match(sounds)):
        return False
    if ALL_IS_WELL.search(sounds):
        return False
    return True if YES.match(sounds) else None


def _says_it_back(question: str, sounds: str) -> bool:
    """ "dá só o peito?" "só o peito": nothing but the question's own words, of which one at least says something."""
    words = sounds.split()
    told = set(words) - PLAIN
    return bool(told) and words[0] != "tudo" and set(words) <= set(question.split()) and not told & NEGATORS


def _is_well(sounds: str) -> bool:
    """ "respiro bem", "a barriga tá mole", said with no "but": whatever was asked, all is well."""
    return bool(WELL.search(sounds)) and not BUT.search(sounds)
