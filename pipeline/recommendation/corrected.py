"""Complaints taken back: thought to be one thing and found to be another, or already in a doctor's hands.

Only which product is looked for changes: what was said still counts for every referral.
"""

import re
from collections.abc import Sequence

from pipeline.recommendation.denial import sounds_of
from pipeline.recommendation.lexicon import Kind
from pipeline.recommendation.turns import Reading, Said, Status

THOUGHT = re.compile(
    r"\b((pensei|axei|axava|pensava|pensavamos|jurava|parecia) ke (era\w*|eran|fose\w*)|"
    r"(nem|nao) sei (por ke|pork\w*) (eu )?(falei|dise)|"
    r"(?P<earlier>me enganei|konfundi|nao pera\w*|pera\w* nao|ia (mas|levar|pedir|komprar)))\b"
)
OBJECT_WORDS = 4  # "achei que era uma micose": how far what was thought stands from the thought
NOT_SO = re.compile(r"^(\w+ ){0,7}nao (tem|e|era|deu|foi) ")  # "verme eu já fiz exame e não tem, é a hemorroida"
INSTEAD = re.compile(
    r"^ ?(nao|ke nada|nada diso)( nao)?( (moso|mosa|senor|senora|fila|filo))? (e|foi) (a|o|as|os|uma|um|so|mesmo) "
)
DENYING = re.compile(r"\bnao (e|era|foi) (a |o |uma |um |de |mais )?$")  # just before what is denied
TENDED = re.compile(
    r"\b(\w+) (ja (vi|mostrei|pasei|trato|to tratando|ta tratando)|deixa|eu deixo|fika|ta) (\w+ )?(kom|pro|pra|na|no) "
    r"(a |o |minha |meu )?(medik|doutor|dermat|pediatr|jinekol|dentist|otorrin|otorin|kardiol|ortoped|psikiatr)"
)
GENERAL = sounds_of("dor dores tô tá está com na no da do de a o e")
OF_A_PREGNANCY = frozenset({"enjoo", "vomito", "ma_digestao", "enjoo_viagem"})  # with a late period: first the test


def taken_back(reading: Reading, told: Sequence[Said]) -> set[str]:
    """Codes of the complaints `told` that another, told with or after the correction, replaces."""
    codes = {said.code for said in told}
    back = (
        _thought(reading, told)
        | _denied_for_another(reading, told)
        | _guessed(reading, told)
        | _not_so(reading, told)
        | _tended(reading, told)
    )
    if "tosse_seca" in codes and _first(told, "tosse_seca") > _first(told, "tosse_catarro"):
        back.add("tosse_catarro")
    if "atraso_menstrual" in codes:
        back |= OF_A_PREGNANCY
    return back if codes - back else set()


def _first(told: Sequence[Said], code: str) -> int:
    return next((said.turn for said in told if said.code == code), len(told) + 1)


def _place(said: Said) -> tuple[int, int]:
    return said.turn, said.mention.first


def _sounds(reading: Reading, turn: int, first: int, last: int | None = None) -> str:
    return "".join(f"{token.sound} " for token in reading.turns[turn].scan.spoken.tokens[first:last])


def _later(told: Sequence[Said], place: tuple[int, int], besides: set[str]) -> bool:
    return any(_place(said) > place and said.code not in besides for said in told)


def _thought(reading: Reading, told: Sequence[Said]) -> set[str]:
    """ "achei que era piolho mas é caspa"; "achei que era, mas é caspa": what was named before."""
    back: set[str] = set()
    for index in range(len(reading.turns)):
        sounds = reading.turns[index].scan.spoken.sounds
        for match in THOUGHT.finditer(sounds):
            place = sounds[: match.end()].count(" ") + 1
            own = [s for s in told if s.turn == index and place <= s.mention.first <= place + OBJECT_WORDS]
            nearest = {s.code for s in own if s.mention.first == min(o.mention.first for o in own)}
            if nearest and match["earlier"] is None and not sounds[match.end() :].startswith((" mas", " e ")):
                named = nearest
            else:
                named = {s.code for s in told if s.turn < index}
            if _later(told, (index, place - 1), named):
                back |= named
    return back


def _denied_for_another(reading: Reading, told: Sequence[Said]) -> set[str]:
    """ "não é micose não, é o calcanhar": nor is it what was suggested just before."""
    back: set[str] = set()
    for said in reading.said:
        ails = said.mention.concept.kind is Kind.SYMPTOM and said.status is Status.DENIED
        if not ails or not DENYING.search(_sounds(reading, said.turn, 0, said.mention.first)):
            continue
        suggested = {s.code for s in told if s.turn == said.turn - 1 and not reading.turns[s.turn].states}
        named = {said.code} | (suggested if reading.turns[said.turn].answer is False else set())
        again = {s.code for s in told if _place(s) > _place(said)}
        if again - named:
            back |= named - again
    return back


def _guessed(reading: Reading, told: Sequence[Said]) -> set[str]:
    """ "algo que não durmo" "insônia?" "não, é a tosse": what the attendant took it for, however often it was named."""
    back: set[str] = set()
    for index in range(1, len(reading.turns)):
        if not INSTEAD.match(reading.turns[index].scan.spoken.sounds):
            continue
        guessed = {s.code for s in reading.said if s.turn == index - 1 and s.mention.concept.kind is Kind.SYMPTOM}
        if {s.code for s in told if s.turn == index} - guessed:
            back |= guessed - {s.code for s in told if s.turn >= index}
    return back


def _not_so(reading: Reading, told: Sequence[Said]) -> set[str]:
    """ "verme eu já fiz exame e não tem, é a hemorroida"."""
    back: set[str] = set()
    for said in told:
        match = NOT_SO.match(_sounds(reading, said.turn, said.mention.last + 1))
        if match is None:
            continue
        end = said.mention.last + 1 + match.group().count(" ")
        ailing = [s for s in reading.said if s.turn == said.turn and s.mention.concept.kind is Kind.SYMPTOM]
        between = any(said.mention.last < s.mention.first < end for s in ailing)
        if not between and any(s.turn == said.turn and s.mention.first >= end for s in told):
            back.add(said.code)
    return back


def _tended(reading: Reading, told: Sequence[Said]) -> set[str]:
    """ "a espinha deixa com a dermato": named by one of the complaint's own words."""
    words = {m[1] for turn in reading.turns for m in TENDED.finditer(turn.scan.spoken.sounds)} - GENERAL
    back = set()
    for said in told:
        own = reading.turns[said.turn].scan.spoken.tokens[said.mention.first : said.mention.last + 1]
        if words & {token.sound for token in own}:
            back.add(said.code)
    return back
