"""Words that say nothing of the person at the counter: television, a figure of speech, a joke, a label, a price."""

import re
from collections.abc import Sequence

from pipeline.recommendation.denial import sounds_of
from pipeline.recommendation.lexicon import Kind, Mention
from pipeline.recommendation.turns import STATERS, Status, Turn


def void(turns: Sequence[Turn], index: int, mention: Mention) -> Status | None:
    turn, kind = turns[index], mention.concept.kind
    if _on_air(turns, index) or "figurado" in turn.cues or _set_phrase(turn, mention) or _studied(turns, index):
        return Status.VOID
    if mention.concept.code == "febre" and _of_the_day(turn):
        return Status.VOID
    if mention.concept.code in OF_THE_PERSON and _of_the_stool(turns, index, mention):
        return Status.VOID
    if kind is Kind.WARNING and LAUGHS.search(turn.scan.spoken.text) and mention.concept.code not in NO_JOKE:
        return Status.VOID
    if kind is Kind.WARNING and turn.states:
        return None
    if "injecao" in turn.cues and (kind is Kind.MEDICINE or (kind is Kind.SYMPTOM and not turn.states)):
        return Status.VOID
    if kind is Kind.SYMPTOM and _worthless_symptom(turns, index, mention):
        return Status.VOID
    if kind is Kind.WARNING and "troca" in turn.cues:
        return Status.VOID
    return None


OF_THE_PERSON = frozenset({"desidratacao_sinal", "prostrado", "perdeu_forca", "sonolencia"})
IS_WHO = sounds_of("ele ela neném bebê menino menina todo toda")
IS = IS_WHO | sounds_of("tá está ficou anda ficando fica deixou")  # "foi ao banheiro e tá molinho": the person is


def _set_phrase(turn: Turn, mention: Mention) -> bool:
    """ "pé de moleque" has no child in it."""
    phrases = [m for m in turn.scan.mentions if m.concept.code == "expressao"]
    inside = [p for p in phrases if p.first <= mention.last <= p.last]
    return any(p.last - p.first > mention.last - mention.first for p in inside)


def _studied(turns: Sequence[Turn], index: int) -> bool:
    """A lesson recited for an examination, or rehearsed by those who serve."""
    rehearsed = any("encenado" in turn.cues for turn in turns)
    if rehearsed and not turns[index].states:
        return True
    return not turns[index].states and any("estudo" in turn.cues for turn in turns[: index + 1])


def _of_the_day(turn: Turn) -> bool:
    """ "quarenta graus na sombra": the weather's; "tá me queimando por dentro": the stomach's."""
    return (
        bool(turn.cues & {"calor_do_dia", "queima_por_dentro"})
        and not turn.cues & {"crianca", "bebe", "parente"}
        and "febr" not in (turn.scan.spoken.sounds)
    )


def _of_the_stool(turns: Sequence[Turn], index: int, mention: Mention) -> bool:
    """ "banheiro três vezes, molinho"."""
    turn = turns[index]
    if "mol" not in turn.scan.spoken.tokens[mention.last].sound:
        return False
    if _tells_of_stool(turns, index):
        return True
    soft = [m for m in turn.scan.mentions if m.concept.code == "fezes_moles" and m.last == mention.last]
    tokens = turn.scan.spoken.tokens
    return any(not IS.intersection(t.sound for t in tokens[m.first : m.last]) for m in soft)


STOOL_WORDS = 4  # of an answer to "quantas vezes?": "duas, meio mole"
HARD = sounds_of("dura duro durinha endureceu")


def _tells_of_stool(turns: Sequence[Turn], index: int) -> bool:
    """Or of a belly, when the question was whether it is hard."""
    tokens = turns[index].scan.spoken.tokens
    if index == 0:
        return False
    before = set(turns[index - 1].scan.spoken.sounds.split())
    if before & HARD and not IS_WHO.intersection(t.sound for t in tokens):
        return True
    if len(tokens) > STOOL_WORDS or IS.intersection(t.sound for t in tokens):
        return False
    return bool(before & {"veses", "koko"})


def _worthless_symptom(turns: Sequence[Turn], index: int, mention: Mention) -> bool:
    """Named for the future, on a box, or with a price, and not told of anyone."""
    turn = turns[index]
    if "prevencao" in turn.cues and not turn.cues & {"agora", "desde"} and mention.concept.code not in PREVENTABLE:
        return True
    told = _of_themselves(turn) or turn.cues & {"bebe", "recem_nascido"}
    if turn.cues & {"preco", "posologia", "logistica", "troca", "ja_levou"} and (not told or _label(turn, mention)):
        return True
    if _label(turn, mention) and any(t.cues & {"preco", "desistiu", "troca"} for t in turns):
        return True
    if _supposed(turn, mention) or (turn.cues & {"vacina", "hipotese"} and not told and not turn.states):
        return True
    if "com_receita" in turn.cues and any(
        m.concept.code == "tarjado" and m.last < mention.first for m in turn.scan.mentions
    ):
        return True  # "a receita da amoxicilina pra sinusite": what it was prescribed for
    return _names_a_box(turn, mention) and not turn.states and "pedido" not in turn.cues


SUPPOSING = sounds_of("se caso")


def _supposed(turn: Turn, mention: Mention) -> bool:
    """ "se por acaso der febre depois eu passo aqui": not so yet, whoever says it."""
    tokens = turn.scan.spoken.tokens
    return any(
        tokens[m.first].sound in SUPPOSING and m.first <= mention.first <= m.last + 1
        for m in turn.scan.mentions
        if m.concept.code == "hipotese"
    )


LAUGHS = re.compile(r"haha|kkk|rsrs|hehe", re.IGNORECASE)
NO_JOKE = frozenset({"saude_mental_sinal"})
ADDRESSING = sounds_of("eu me mim nós comigo")  # "me diz quanto é", "eu queria saber": no one's ailment


def _of_themselves(turn: Turn) -> bool:
    words = {token.sound for token in turn.scan.spoken.tokens}
    return bool(words & (STATERS - ADDRESSING)) or ("me" in words and "preco" not in turn.cues)


PREVENTABLE = frozenset({"prevencao_picada", "protecao_solar", "enjoo_viagem", "enjoo", "medir_febre", "medir_glicose"})
LABELS = sounds_of(
    "remédio remedinho pomada pomadinha xarope creme comprimido spray pastilha gotas loção medicamento "
    "xampu shampoo sabonete gel kit"
)
LINKS = sounds_of("pra para pro de da do contra")


def _label(turn: Turn, mention: Mention) -> bool:
    """Only names what a box is for: "a pomada de micose"."""
    words = [token.sound for token in turn.scan.spoken.tokens[max(0, mention.first - 4) : mention.first + 1]]
    return bool(LABELS.intersection(words)) and (bool(LINKS.intersection(words)))


THIS = sounds_of("esse essa este esta desse dessa deste desta")


def _names_a_box(turn: Turn, mention: Mention) -> bool:
    """ "esse xampu é pra caspa ou normal": the box in the hand, not a complaint."""
    words = [token.sound for token in turn.scan.spoken.tokens[max(0, mention.first - 5) : mention.first + 1]]
    named = [place for place, word in enumerate(words) if word in LABELS]
    return any(place and words[place - 1] in THIS for place in named) and bool(LINKS.intersection(words))


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
