"""Whether a complaint is told for something to be done about it, here and now.

A symptom is named at a counter for many reasons: a label, homework, a joke, stock, news. Without one sign that someone
is being served for it (their own words, a kinsman's, a request, a screening question), it is silence.
"""

import re
from collections.abc import Sequence

from pipeline.recommendation.denial import sounds_of
from pipeline.recommendation.facts import Facts
from pipeline.recommendation.lexicon import Kind
from pipeline.recommendation.turns import STATERS, Said, Status, Turn
from pipeline.recommendation.void import ADDRESSING

OWN_WORDS = (STATERS - ADDRESSING) | sounds_of(
    "fui vou ando fico durmo uso consigo voltei moro trabalho dói doendo coça coçando arde ardendo incomoda queimando "
    "latejando pinica desde ontem anteontem hoje"
)
DID = re.compile(r"(?!sei)[a-z]+ei|torsi|kai|mordi|komi|bebi|dormi|perdi")  # "cortei", "torci": what befell the speaker
BEFALLS = re.compile(
    r"\bme (da|deu|deram|doi|ataka\w*|peg\w+|trank\w+|kome\w+|pik\w+|deix\w+|fas|fes|solt\w+|irrit\w+|maxuk\w+|"
    r"enx\w+|kort\w+|kai\w*)\b"
)
HELP = re.compile(
    r"\b(alg[ou]\w*|koisa\w*|remedi\w*|medikament\w*|pomad\w*|xarop\w*|kreme|komprimid\w*|spray|gotin?a?s?|"
    r"indik\w*|rekomend\w*|suger\w*|aliv\w*|resolv\w*|ajud\w*|tomo|tomar|paso|pasar|uso|usar|melor|sirva|serve)\b"
)
ASKS_OF_THEM = re.compile(
    r"\b(kuant[oa]s (anos|meses|dias)|ke idade|idade $|aler[gj]i\w*|toma algu\w*|algum remedio|usa algu\w*|"
    r"desde kuando|alguma doensa|usa (medikamento|remedio)|(fas|a) kuanto tempo|fas dias|pra kem|"
    r"p[ou]\w* dar|komprando pra|onde doi|sentindo|onde)\b"
)
OFFER = re.compile(r"^(\w+ ){0,3}(ker|kere|vai kerer|vai levar|aproveita\w*) ")
ANYTHING = re.compile(r"\b(alguma koisa|algo|(um|algum) (remedi|analjesik|antigrip|xarop|komprimid)\w*)")
BARE_TURNS = 2  # in more, someone would have said what they want
NAMING_WORDS = 3
PEOPLE = frozenset({"parente", "crianca", "bebe", "recem_nascido"})
REQUESTS = frozenset({"pedido", "pedido_sintoma"})
STAGED = frozenset({"encenado"})  # played, recited or rehearsed: nobody ails, whatever is said
KEPT = frozenset({"tem_em_casa", "estoque"})  # the medicine is at home, or on the shelf that is being filled
ASIDE = frozenset(
    {"outro_motivo", "so_isso", "em_cena", "de_antigamente"}
)  # came for something else, or is heard, not served
OTHER_BUSINESS = frozenset(
    {"troca", "logistica", "preco", "pagamento", "fofoca", "terceiro", "midia", "desliga_midia", "estudo", "figurado"}
)


def wanted(facts: Facts) -> bool:
    """Whether any sign says that the complaint is to be answered; a bare word or two at the counter are one."""
    turns = facts.reading.turns
    cues = frozenset[str]().union(*(turn.cues for turn in turns))
    if cues & STAGED or ("loja_de_bicho" in cues and not cues & PEOPLE):
        return False
    asked = [index for index in range(len(turns)) if _screens(facts, index)]
    if cues & KEPT and not asked:
        return False
    if _came_for_something_else(facts, max(asked, default=0)) or _declined(facts):
        return False
    if asked or any(_requests(facts, index) for index in range(len(turns))):
        return True
    if cues & ASIDE:
        return False
    if facts.wants_medicine or facts.age_months is not None or any(_told(turns, said) for said in facts.complaints):
        return True
    if cues & OTHER_BUSINESS:
        return False
    return len(turns) <= BARE_TURNS or any(_asked_after(turns, said.turn) for said in facts.complaints)


def _came_for_something_else(facts: Facts, asked: int) -> bool:
    """ "eu vim só trocar essa nota", after whatever was asked of the complaint."""
    last = max(((said.turn, said.mention.first) for said in facts.complaints), default=(0, 0))
    complained = {said.turn for said in facts.complaints}
    came = [s for s in facts.reading.said if s.code == "outro_motivo" and s.status is Status.SAID]
    return any(s.turn > asked and (s.turn not in complained or (s.turn, s.mention.first) > last) for s in came)


def _declined(facts: Facts) -> bool:
    """ "quer alguma coisa pra dor?" "quero nada não": offered, refused, and asked for by nobody."""
    turns = facts.reading.turns
    refused = [(index, 0) for index in range(len(turns)) if _declines(facts, index)]
    refused += [(n, m.first) for n, turn in enumerate(turns) for m in turn.scan.mentions if m.concept.code == "recusa"]
    if not refused or any((said.turn, said.mention.first) > max(refused) for said in facts.complaints):
        return False
    offer = (max(refused)[0] - 1, max(refused)[0])
    return not any(_requests(facts, index) for index in range(len(turns)) if index not in offer)


def _declines(facts: Facts, index: int) -> bool:
    """ "quer alguma coisa pra essa gripe?" "não, só a gilete"."""
    if index == 0 or facts.reading.turns[index].answer is not False or _requests(facts, index):
        return False
    offer = facts.reading.turns[index - 1].scan
    told = {said.code for said in facts.complaints}
    about = any(m.concept.code in told for m in offer.mentions) or ANYTHING.search(offer.spoken.sounds)
    return bool(about and OFFER.match(offer.spoken.sounds))


def told_in_passing(facts: Facts) -> bool:
    """Not wanted, and other business is talked of: a disease or a child that was only spoken of calls nobody."""
    cues = frozenset[str]().union(*(turn.cues for turn in facts.reading.turns))
    return bool(cues & (STAGED | KEPT | ASIDE | OTHER_BUSINESS)) and not wanted(facts)


def _told(turns: Sequence[Turn], said: Said) -> bool:
    """Told in the first person: there, or in the utterance that it names, or that led to it over a question."""
    names = len(turns[said.turn].scan.spoken.tokens) <= NAMING_WORDS  # "o pé dele fede" "chulé"
    places = (said.turn, said.turn - (1 if names else 2))
    words = {t.sound for n in places if n >= 0 for t in turns[n].scan.spoken.tokens}
    own = bool(words & OWN_WORDS) or any(DID.fullmatch(word) for word in words)
    turn = turns[said.turn]
    return own or bool(BEFALLS.search(turn.scan.spoken.sounds)) or bool(turn.cues & PEOPLE)


def _asked_after(turns: Sequence[Turn], index: int) -> bool:
    """ "virei o pé" "consegue pisar?" "consigo": the complaint is spoken of, and by its owner."""
    return index + 2 < len(turns) and turns[index + 2].answer is not None and _asks(turns[index + 1])


def _asks(turn: Turn) -> bool:
    return turn.asks or "?" in turn.scan.spoken.text


def _requests(facts: Facts, index: int) -> bool:
    """A request made with the complaint, or for what helps; "me dá um chiclete", later, is for a chewing gum."""
    turn = facts.reading.turns[index]
    if not turn.cues & REQUESTS or turn.cues & {"logistica", "troca"}:
        return False
    return any(said.turn == index for said in facts.complaints) or bool(HELP.search(turn.scan.spoken.sounds))


def _screens(facts: Facts, index: int) -> bool:
    """An attendant asks what one asks a patient."""
    turns = facts.reading.turns
    turn = turns[index]
    if turn.cues & {"logistica", "preco", "troca", "estoque"}:
        return False
    if ASKS_OF_THEM.search(turn.scan.spoken.sounds):
        return True
    signs = [m for m in turn.scan.mentions if m.concept.kind in (Kind.WARNING, Kind.CONDITION)]
    ails = [m for m in turn.scan.mentions if m.concept.kind is Kind.SYMPTOM]
    answered = index + 1 < len(turns) and turns[index + 1].answer is not None
    shelved = any("estoque" in t.cues for t in turns)
    marked = "?" in turn.scan.spoken.text or (turn.asks and (answered or not shelved))
    return bool(index and (signs or ails) and marked) or bool(signs and answered)
