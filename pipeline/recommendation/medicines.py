"""What is said of medicines: asked for, at hand with a prescription, or not to be taken for an allergy."""

from collections.abc import Sequence

from pipeline.recommendation.denial import sounds_of
from pipeline.recommendation.lexicon import Kind
from pipeline.recommendation.reading import SHORT_QUESTION_WORDS
from pipeline.recommendation.spoken import sound_of
from pipeline.recommendation.turns import Reading, Said, Status, Turn

SEEKING = frozenset({"pedido", "compra"})


def prescription_at_hand(reading: Reading, codes: set[str]) -> bool:
    if "sem_receita" in codes or _answer_to(reading, "receita") is False:
        return False
    return "com_receita" in codes or _answer_to(reading, "receita") is True


def _answer_to(reading: Reading, cue: str) -> bool | None:
    """How a question that names `cue` was answered."""
    for index, turn in enumerate(reading.turns[:-1]):
        asked = turn.asks or len(turn.scan.spoken.tokens) <= SHORT_QUESTION_WORDS
        if cue in turn.cues and asked and reading.turns[index + 1].answer is not None:
            return reading.turns[index + 1].answer
    return None


def prescription_request(reading: Reading, holding: Sequence[Said], at_hand: bool) -> Said | None:
    without = any(s.code == "sem_receita" for s in holding) or _answer_to(reading, "receita") is False
    for said in holding:
        if said.code != "tarjado" or at_hand:
            continue
        turn = reading.turns[said.turn]
        sounds = turn.scan.spoken.sounds
        if turn.cues & {"reservado", "ja_atendido"} and not without:
            continue
        if without:
            return said
        using = any(f"{verb} " in sounds for verb in ("tomo", "toma", "uso", "usa", "tomando", "tomei", "alergia"))
        guarded = any(s.turn == said.turn and s.code in ("antibiotico", "controlado") for s in holding)
        others = len(turn.scan.spoken.tokens) - (said.mention.last - said.mention.first + 1)
        named_alone = others == 0 and said.turn == 0  # "pílula do dia seguinte", and nothing else, is a request
        asking = bool(turn.cues & SEEKING) or (guarded and "tem " in sounds[:20]) or named_alone
        if asking and not using and not turn.cues & {"preco", "alergia_a", "midia", "posologia"}:
            later = reading.turns[said.turn + 1 :]
            if not any(t.cues & {"reservado"} for t in later):
                return said
    return None


def wants_medicine(reading: Reading, holding: Sequence[Said], at_hand: bool) -> bool:
    """Whether one is asked for; a prescription's own item, brought to be dispensed, is no request."""
    for said in holding:
        if at_hand and (said.code == "tarjado" or reading.turns[said.turn].cues & {"receita", "com_receita"}):
            continue
        if said.mention.concept.kind is Kind.MEDICINE and said.code in ("medicamento", "tarjado"):
            turn = reading.turns[said.turn]
            if turn.cues & {"preco", "reservado", "troca", "logistica"}:
                continue
            if _may_they_take_it(reading, said):
                return True
            if turn.cues & SEEKING or "posso" in turn.scan.spoken.sounds or "pode" in turn.scan.spoken.sounds:
                return True
            if said.code == "medicamento" and any(
                f" {w} " in f" {turn.scan.spoken.sounds}" for w in ("tem", "kero", "keria", "levar")
            ):
                return True
    return False


def _may_they_take_it(reading: Reading, said: Said) -> bool:
    """ "antialérgico passa pro leite?" asks for it, though no verb does."""
    turn = reading.turns[said.turn]
    return "?" in turn.scan.spoken.text and any(m.concept.code in ("gestante", "lactante") for m in turn.scan.mentions)


def allergens_named(reading: Reading) -> set[str]:
    """Ingredient concepts (`ing_*`) that someone reacts to, or will not have."""
    return {said.code for said in reading.said if said.code.startswith("ing_") and _is_kept_from(reading, said)}


def _is_kept_from(reading: Reading, named: Said) -> bool:
    turn = reading.turns[named.turn]
    if turn.cues & {"alergia_historico", "reage_a"} or _refused(turn, named) or _refused_next(reading, named):
        return True  # "própolis não, que eu empolo"
    if named.status is not Status.SAID:
        return False
    before = reading.turns[named.turn - 1] if named.turn else None
    asked = before is not None and before.asks and any(m.concept.code == "alergia_a" for m in before.scan.mentions)
    return "alergia_a" in turn.cues or asked


REFUSALS = sounds_of("não nem sem nada menos")
TURNS_TO = sounds_of("e mas mandou passou receitou")  # "sem gravidade e mandou paracetamol"
REFUSED_WITHIN = 6  # words: "não me dá nada que tenha dipirona"


def _refused(turn: Turn, named: Said) -> bool:
    """ "só não pode ter clorexidina", "dipirona não": left out, whatever the reason."""
    if turn.asks or "?" in turn.scan.spoken.text:
        return False
    tokens = turn.scan.spoken.tokens
    first = named.mention.first
    before = tokens[max(0, first - REFUSED_WITHIN) : first]
    said = [n for n, token in enumerate(before) if token.sound in REFUSALS]
    kept_out = bool(said) and not any(t.ends_clause or t.sound in TURNS_TO for t in before[said[-1] :])
    after = tokens[named.mention.last + 1 : named.mention.last + 2]
    return kept_out or any(token.sound == "nao" for token in after)


def _refused_next(reading: Reading, named: Said) -> bool:
    """ "tem dipirona" "essa não, que me empola": the allergy is to what was named just before."""
    if named.turn + 1 == len(reading.turns):
        return False
    reply = reading.turns[named.turn + 1]
    names_another = any(m.concept.code.startswith("ing_") for m in reply.scan.mentions)
    return bool(reply.cues & {"alergia_historico", "alergia_a", "reage_a"}) and not names_another and not reply.asks


def allergen_words(reading: Reading) -> frozenset[str]:
    """Every longer word after "alergia a": an ingredient the lexicon does not know is still left out."""
    words: set[str] = set()
    for index, turn in enumerate(reading.turns):
        asked = (
            index > 0
            and reading.turns[index - 1].asks
            and any(m.concept.code == "alergia_a" for m in reading.turns[index - 1].scan.mentions)
        )
        tokens = turn.scan.spoken.tokens
        places = [m.last for m in turn.scan.mentions if m.concept.code == "alergia_a"]
        if "alergia_a" in turn.cues and places:
            words.update(t.sound for t in tokens[min(places) : min(places) + 10] if len(t.sound) > 4)
            words.update(t.sound for t in tokens[max(0, min(places) - 8) : min(places)] if len(t.sound) > 6)
        elif asked and turn.answer is not False:
            words.update(t.sound for t in tokens if len(t.sound) > 5)
    return frozenset(words - {sound_of(w) for w in ("alergia", "alérgica", "alérgico", "remédio")})
