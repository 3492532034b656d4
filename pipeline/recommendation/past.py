"""What was so and is no longer: a symptom that passed, and one that seemed to."""

from collections.abc import Sequence

from pipeline.recommendation.denial import sounds_of
from pipeline.recommendation.lexicon import Kind, Mention
from pipeline.recommendation.spoken import Token
from pipeline.recommendation.turns import Turn

SHORT_QUESTION_WORDS = 8
PRESENT = sounds_of("tô to tou estou tá está tenho")


def _past_reaches(turn: Turn, mention: Mention) -> bool:
    """ "já tive candidíase" after "tô com coceira" does not make the itch past."""
    tokens = turn.scan.spoken.tokens
    past = [m for m in turn.scan.mentions if m.concept.code == "passado" and not _dates_another(tokens, m, mention)]
    if all(mention.first <= m.first and m.last <= mention.last for m in past):
        return False  # "a pior que já tive": its own words
    before = [m for m in past if m.first <= mention.first]
    if before and any(t.sound in PRESENT for t in tokens[max(0, before[0].first - 3) : before[0].first]):
        return False  # "tá me dando aquela dor"
    if before:
        since = max(m.last for m in before)
        return not any(t.sound in PRESENT for t in tokens[since : mention.last + 1])
    after = [m.first for m in past if m.first > mention.last]
    if after and any(t.ends_clause for t in tokens[mention.last : min(after)]):
        return False  # "coceira, já tive antes": a statement of its own
    return not any(t.sound in PRESENT for t in tokens[: mention.first])


def _dates_another(tokens: Sequence[Token], past: Mention, mention: Mention) -> bool:
    """ "saiu do hospital semana passada, deu febre": a date at its clause's end belongs to what was told before it."""
    opens_clause = past.first == 0 or tokens[past.first - 1].ends_clause
    return past.last < mention.first and tokens[past.last].ends_clause and not opens_clause


def is_past(turns: Sequence[Turn], index: int, mention: Mention) -> bool:
    turn = turns[index]
    still = turn.cues & {"agora", "nao_resolvido", "desde"}
    back = "nao_resolvido" in turn.cues
    if _begins_anew(turn, mention):
        return False
    if "resolvido" in turn.cues and (not still or ("passado" in turn.cues and not back)):
        return True
    if "passado" in turn.cues and not still and _past_reaches(turn, mention):
        return True
    for place in range(index + 1, min(len(turns), index + 5)):
        later = turns[place]
        if place - 1 > index and _answers_screening(turns, place):
            continue
        if "resolvido" in later.cues and not later.cues & {"nao_resolvido"}:
            if _goes_on(turns, place + 1):
                return False
            own = [m for m in later.scan.mentions if m.concept.kind is mention.concept.kind and not m.concept.weak]
            return not own
    return False


OF_ONESELF = sounds_of("eu meu minha me tô peguei tenho")


def _begins_anew(turn: Turn, mention: Mention) -> bool:
    """ "minha sogra tá ótima, já eu peguei essa tosse": what is over was told before, and of another."""
    over = [m.last for m in turn.scan.mentions if m.concept.code == "resolvido"]
    if not over or max(over) >= mention.first:
        return False
    between = turn.scan.spoken.tokens[max(over) : mention.first]
    parted = any(token.ends_clause for token in between)
    return parted and bool(OF_ONESELF & {token.sound for token in between[1:]})


def _answers_screening(turns: Sequence[Turn], place: int) -> bool:
    """ "lábio, língua, respiração" "tudo normal": what is well is what was asked about."""
    asked = any(m.concept.kind in (Kind.SYMPTOM, Kind.WARNING) for m in turns[place - 1].scan.mentions)
    short = len(turns[place - 1].scan.spoken.tokens) <= SHORT_QUESTION_WORDS
    return turns[place].answer is False and short and (asked or not turns[place - 1].states)


def _goes_on(turns: Sequence[Turn], place: int) -> bool:
    """ "e passou?" "aliviou mas ainda dói"."""
    if place >= len(turns) or not turns[place].cues & {"agora", "nao_resolvido"}:
        return False
    return any(m.concept.kind in (Kind.SYMPTOM, Kind.WARNING) for m in turns[place].scan.mentions)
