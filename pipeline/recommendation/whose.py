"""Whose a condition is: not the person's at the counter when it is a neighbour's, the last customer's, or long denied.

In doubt it is theirs: what is left out of account here opens a product.
"""

import re
from collections.abc import Sequence

from pipeline.recommendation.denial import sounds_of
from pipeline.recommendation.lexicon import Kind
from pipeline.recommendation.turns import Said, Turn

BEARING = frozenset({"gestante", "gestante_barriga", "lactante"})
NOT_BEARING = re.compile(
    r"\b(sou (avo|bisavo|omem|viuva|laket\w+|esteril)|pas\w+ da idade|fexei a fabrika|lak\w+ad\w+|menopausa|vasektomia|"
    r"ke (gravid\w+|amamentand\w+)|so se for|nem namoro|kem (ta|esta|e) gravida e|(virjem|ligadura)|"
    r"(teno|tenho) (kuarenta|sinkuenta|sesenta|setenta|oitenta)|filos? (tao|sao|ja) (barbad|grand|kriad|adult)\w+)\b"
)
BEFORE_THEN = re.compile(r"\b(kuando|enkuanto) (eu )?(tava|estava|fikei|andava|era) $")
OTHERS = sounds_of(
    "mulher marido esposa esposo mãe pai mainha painho tio tia irmã irmão cunhada cunhado comadre compadre vizinha "
    "vizinho colega amiga amigo nora genro sogra sogro vovô vovó avó avô prima primo moça chefe patroa patrão namorada"
)
REACH = 8  # words from the other person to the condition
OF_THEM = sounds_of("da do dela dele")
SERVED = sounds_of("ela ele dela dele pra-ela pra-ele")
SELF = sounds_of("eu meu minha meus minhas mim tô estou")
FOR_MYSELF = re.compile(
    r"\b(kem [\w ]{0,40}sou eu|por mina kausa|so (o meu|a mina|eu)|(foi|e) em mim|pra mim|eu ke|eu nao|"
    r"me (aran\w+|mord\w+|pis\w+|empur\w+|bat\w+))\b"
)


def changed_at(turns: Sequence[Turn]) -> int:
    """The utterance at which the last change of customer was told; 0 when none was."""
    return max((n for n, turn in enumerate(turns) if "outro_cliente" in turn.cues), default=0)


def not_theirs(turns: Sequence[Turn], said: Said, complained: Sequence[int]) -> bool:
    """Whether a condition or a person told of is not to be counted. `complained`: the utterances with complaints."""
    kind = said.mention.concept.kind
    if kind not in (Kind.CONDITION, Kind.PERSON) and said.code not in BEARING:
        return False
    changed = changed_at(turns)
    if said.turn < changed and any(index >= changed for index in complained):
        return True
    if said.code in BEARING and _not_bearing(turns, said):
        return True
    return kind is not Kind.PERSON and _of_another(turns, said, complained)


def _not_bearing(turns: Sequence[Turn], said: Said) -> bool:
    """ "tá grávida?" "sou avó"; "quando eu tava grávida"; "quem tá grávida é ela"."""
    before = " ".join(token.sound for token in turns[said.turn].scan.spoken.tokens[: said.mention.first])
    if BEFORE_THEN.search(f"{before} "):
        return True
    return any(NOT_BEARING.search(turn.scan.spoken.sounds) for turn in turns[said.turn : said.turn + 2])


def _of_another(turns: Sequence[Turn], said: Said, complained: Sequence[int]) -> bool:
    """ "meu tio tem cirrose, eu que bebi demais": told of the uncle, and the speaker wants something for himself."""
    tokens = turns[said.turn].scan.spoken.tokens
    first, last = said.mention.first, said.mention.last
    before = {token.sound for token in tokens[max(0, first - REACH) : last + 1]}
    after = {token.sound for token in tokens[last + 1 : last + 4]}
    if not before & OTHERS and not (after & OTHERS and after & OF_THEM):
        return False
    rest = [token.sound for token in tokens[last + 1 :]]
    if SERVED.intersection(rest):
        return False
    themselves = SELF.intersection(rest) and said.turn in complained
    return bool(themselves) or any(FOR_MYSELF.search(turn.scan.spoken.sounds) for turn in turns)
