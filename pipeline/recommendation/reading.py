"""Reading a conversation: what is said to be so now, of the person being served.

Nobody tells the speakers apart, so the words must: a symptom counts when it is stated, or asked about and
confirmed; not when it is denied, past, someone else's, on television, or only the name on a box whose price is asked.
"""

import re
from collections.abc import Sequence
from dataclasses import replace

from pipeline.recommendation.answers import ASKING_START, UNSURE, YES, answer_to
from pipeline.recommendation.denial import NEGATORS, denied, sounds_of
from pipeline.recommendation.lexicon import Kind, Lexicon, Mention, Scan
from pipeline.recommendation.others import OWN, is_gossip, of_others
from pipeline.recommendation.past import is_past
from pipeline.recommendation.signs import denies_them_all, lists_signs, sign_answer
from pipeline.recommendation.turns import STATERS, Reading, Said, Status, Turn
from pipeline.recommendation.void import NO_JOKE, void


def read(texts: Sequence[str], lexicon: Lexicon) -> Reading:
    """Read a conversation's utterances, oldest first."""
    scans = [_placed(text, before, lexicon) for text, before in zip(texts, ["", *texts], strict=False)]
    scans = [_answering(scan, before) for scan, before in zip(scans, [None, *scans], strict=False)]
    before = ["", *(scan.spoken.sounds for scan in scans)]
    turns = tuple(_turn(scan, question) for scan, question in zip(scans, before, strict=False))
    said = []
    for index, turn in enumerate(turns):
        for mention in turn.scan.mentions:
            said.append(Said(mention, index, _status(turns, index, mention)))
    return Reading(turns, tuple(said))


WHERE = re.compile(r"\b(onde|aonde|ke lugar|kual lugar|ta doendo|doi onde|o ke doi)\b")
PREFIX = "dor em "  # puts what is asked about before the place that answers it


def _placed(text: str, before: str, lexicon: Lexicon) -> Scan:
    """An utterance's mentions; "aqui no joelho", said after "onde dói?", is a pain in the knee."""
    scan = lexicon.scan(text)
    ails = any(m.concept.kind in (Kind.SYMPTOM, Kind.WARNING) for m in scan.mentions)
    if ails or len(scan.spoken.tokens) > SHORT_ANSWER_WORDS or not WHERE.search(lexicon.scan(before).spoken.sounds):
        return scan
    added = len(PREFIX.split())
    moved = [
        replace(m, first=max(0, m.first - added), last=m.last - added)
        for m in lexicon.scan(PREFIX + text).mentions
        if m.concept.kind in (Kind.SYMPTOM, Kind.WARNING) and m.last >= added and not m.concept.weak
    ]
    return Scan(scan.spoken, (*moved, *scan.mentions))


SHORT_ANSWER_WORDS = 8
NOTHING_MORE = re.compile(
    r"\b(e so|so (o|a|um|uma|iso|ese|esa|de)|so \w+ mesmo|normal\w*|direitino|brinka\w*|deseno)\b"
)


def _answering(scan: Scan, before: Scan | None) -> Scan:
    """ "não enxergo bem é só ressecado", after "enxergando mal": the "não" answers, and denies nothing that follows."""
    tokens = scan.spoken.tokens
    asked = before is not None and any(m.concept.kind in (Kind.SYMPTOM, Kind.WARNING) for m in before.mentions)
    if not asked or len(tokens) < 2 or tokens[0].sound != "nao" or not NOTHING_MORE.search(scan.spoken.sounds):
        return scan
    return Scan(scan.spoken, tuple(m for m in scan.mentions if not (m.first == 0 and m.negative)))


def _turn(scan: Scan, before: str) -> Turn:
    sounds = scan.spoken.sounds
    words = {token.sound for token in scan.spoken.tokens}
    states = bool(words & STATERS)
    cues = frozenset(
        m.concept.code for m in scan.mentions if m.concept.kind in (Kind.CUE, Kind.PERSON) and not denied(scan, m)
    )
    asks = "?" in scan.spoken.text or bool(ASKING_START.match(sounds))
    return Turn(scan, cues, states, asks, answer_to(before, _agreeing(scan) or sounds))


AGREEING = sounds_of("sim isso muito muita demais e tá tô")


def _agreeing(scan: Scan) -> str | None:
    """ "é, e muita" is a yes: its sounds say so, since "é" alone sounds as "e"."""
    tokens = scan.spoken.tokens
    if not tokens or scan.spoken.quote(0, 0).casefold() not in ("é", "eh"):
        return None
    agrees = len(tokens) == 1 or tokens[0].ends_clause or tokens[1].sound in AGREEING
    return f"sim {scan.spoken.sounds}" if agrees else None


def _status(turns: Sequence[Turn], index: int, mention: Mention) -> Status:
    turn, kind = turns[index], mention.concept.kind
    if denied(turn.scan, mention) and not _corrects(turns, index, mention):
        return Status.DENIED
    if (worthless := void(turns, index, mention)) is not None:
        return worthless
    if _is_question(turns, index, mention):
        return _answered(turns, index, mention)
    if _denied_next(turns, index, mention) or _word_denied_next(turns, index, mention):
        return Status.DENIED
    if _tag_question(turn) and _plainly_denied(turns, index + 1):
        return Status.DENIED
    if kind in (Kind.SYMPTOM, Kind.WARNING):
        own_words = mention.concept.code in NO_JOKE and OWN & {t.sound for t in turn.scan.spoken.tokens}
        if not own_words and of_others(turns, index, mention) and (kind is Kind.SYMPTOM or is_gossip(turns, index)):
            return Status.OTHERS
        if is_past(turns, index, mention):
            return Status.PAST
    if mention.concept.code in PASSING and "passado" in turn.cues and is_past(turns, index, mention):
        return Status.PAST
    return Status.SAID


PASSING = frozenset({"gestante", "lactante"})  # conditions that end


def _corrects(turns: Sequence[Turn], index: int, mention: Mention) -> bool:
    """ "bolha?" "não é calo": the denial answers the question, and what follows it is so."""
    tokens = turns[index].scan.spoken.tokens
    words = [token.sound for token in tokens[:2]]
    if index == 0 or words not in (["nao", "e"], ["nao", "foi"]) or mention.first > CORRECTION_WORDS:
        return False
    before = turns[index - 1].scan
    named = {m.concept.code for m in before.mentions}
    return len(before.spoken.tokens) <= SHORT_QUESTION_WORDS and mention.concept.code not in named


def _plainly_denied(turns: Sequence[Turn], index: int) -> bool:
    return index < len(turns) and turns[index].answer is False and not turns[index].states


def _denied_next(turns: Sequence[Turn], index: int, mention: Mention) -> bool:
    """ "febre, ela tá brincando" "febre nenhuma": an attendant's, since the next says that it is not so."""
    if index == 0 or index + 1 == len(turns) or turns[index].states:
        return False
    reply = turns[index + 1]
    again = [m for m in reply.scan.mentions if m.concept is mention.concept]
    return bool(again) and all(denied(reply.scan, m) for m in again)


def _word_denied_next(turns: Sequence[Turn], index: int, mention: Mention) -> bool:
    """ "inchou, tá torto" "inchou quase nada, não tá torto não": a word of the question's comes back only denied."""
    turn = turns[index]
    if index == 0 or index + 1 == len(turns) or turn.states or len(turn.scan.spoken.tokens) > LIST_WORDS:
        return False
    own = [t.sound for t in turn.scan.spoken.tokens[mention.first : mention.last + 1] if len(t.sound) > STEM_LETTERS]
    reply = turns[index + 1].scan.spoken.tokens
    again = [n for n, token in enumerate(reply) if token.sound in own]
    return bool(again) and all(any(t.sound in NEGATORS for t in reply[max(0, n - 2) : n]) for n in again)


STEM_LETTERS = 3


def _tag_question(turn: Turn) -> bool:
    return turn.scan.spoken.sounds.endswith("ne ")


def _is_question(turns: Sequence[Turn], index: int, mention: Mention) -> bool:
    turn = turns[index]
    if turn.states or mention.concept.kind is Kind.MEDICINE or _is_requested(turn, mention):
        return False
    if CUSTOMER_ASKS.search(turn.scan.spoken.sounds):
        return False
    if not turn.asks:
        return _denied_list(turns, index)
    tokens = turn.scan.spoken.tokens
    if "?" in turn.scan.spoken.text:
        return any(token.asks for token in tokens[mention.last :])
    following = _reply(turns, index) if index + 1 < len(turns) else None
    return following is not None and following.answer is not None and mention.first <= 8


def _is_requested(turn: Turn, mention: Mention) -> bool:
    """ "tem algo pra febre?"; but not "febre? toma algum remédio?", where the question is over before."""
    tokens = turn.scan.spoken.tokens
    requests = (m for m in turn.scan.mentions if m.concept.code == "pedido" and "pedido" in turn.cues)
    return any(not any(token.asks for token in tokens[mention.first : m.first]) for m in requests)


CUSTOMER_ASKS = re.compile(
    r"\b(e normal|sera|pode ser|fas mal|e perigoso|devo|ke ke eu faso|o ke (eu )?fa\w+|posso|poso)\b"
)
SHORT_QUESTION_WORDS = 6
OF_SOMEONE = sounds_of("ele ela meu minha menino menina bebê filho filha neném tô estou hoje ontem agora desde")
LIST_WORDS = 14  # of a list that is denied as a whole
ALL_DENIED = re.compile(r"^(nao )+(nada|nenum)|^nada (diso|de nada)|^nenum")
CORRECTION_WORDS = 3


def _denied_list(turns: Sequence[Turn], index: int) -> bool:
    """ "dor, vômito", "bateu a cabeça": few words of the attendant's, which the next utterance denies."""
    words = {token.sound for token in turns[index].scan.spoken.tokens}
    if index + 1 == len(turns) or index == 0 or words & OF_SOMEONE:
        return False
    all_of_it = ALL_DENIED.match(turns[index + 1].scan.spoken.sounds)
    if len(words) > (LIST_WORDS if all_of_it or _is_list(turns[index]) else SHORT_QUESTION_WORDS):
        return False
    return _reply(turns, index).answer is False


FEWEST_LISTED = 2


def _is_list(turn: Turn) -> bool:
    """ "tá vermelho remelando enxergando mal": signs one after the other, which a screening question names."""
    ails = {m.concept.code for m in turn.scan.mentions if m.concept.kind in (Kind.SYMPTOM, Kind.WARNING)}
    return len(ails) >= FEWEST_LISTED and not turn.states


def _reply(turns: Sequence[Turn], index: int) -> Turn:
    """The utterance that answers this one: the next, or the one after it when that is called across the shop."""
    following = turns[index + 1 : index + 3]
    if len(following) == 2 and following[0].answer is None and following[0].cues & CALLED_ACROSS:
        return following[1]
    return following[0]


CALLED_ACROSS = frozenset({"pagamento", "logistica", "midia", "preco"})


def _answered(turns: Sequence[Turn], index: int, mention: Mention) -> Status:
    if index + 1 == len(turns):
        return Status.ASKED
    reply = _reply(turns, index)
    if mention.concept.kind is Kind.CONDITION and UNSURE.match(reply.scan.spoken.sounds):
        return Status.SAID
    if any(m.concept is mention.concept and denied(reply.scan, m) for m in reply.scan.mentions):
        return Status.DENIED
    if reply.answer and "resolvido" in reply.cues and "nao_resolvido" not in reply.cues:
        return Status.PAST
    asked = turns[index].scan
    if lists_signs(asked) and (one := _of_a_list(asked, mention, reply)) is not None:
        return one
    return {True: Status.SAID, False: Status.DENIED, None: Status.ASKED}[reply.answer]


def _of_a_list(asked: Scan, mention: Mention, reply: Turn) -> Status | None:
    """What a reply says of one of the signs asked together; None: what it says of them all."""
    named = sign_answer(asked, mention, reply.scan)
    if named is not None and not (named and reply.answer is False):
        return Status.SAID if named else Status.DENIED
    if denies_them_all(reply.scan):
        return Status.DENIED
    says_another_back = reply.answer is True and not YES.match(reply.scan.spoken.sounds)
    return Status.ASKED if says_another_back else None
