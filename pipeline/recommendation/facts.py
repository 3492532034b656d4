"""What a conversation establishes about the person being served: the ground that rules and candidates stand on."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

from pipeline.recommendation.lexicon import Kind
from pipeline.recommendation.numbers import Amount, amounts, number
from pipeline.recommendation.reading import Reading, Said, Status, read
from pipeline.recommendation.rulebook import Rulebook
from pipeline.recommendation.spoken import sound_of

SINCE = {"fas", "a", "desde", "mais", "uns", "umas", "kuase", "durante", "por", "ja", "seten"}
USES = "usa_pressao usa_diabetes usa_coracao usa_colesterol usa_tireoide usa_animo usa_sangue usa_outro".split()
SEEKING = frozenset({"pedido", "compra"})
QUOTE_CHARS = 180


@dataclass(frozen=True)
class Facts:
    """`codes` holds what is so; `evidence` where each was said."""

    texts: tuple[str, ...]
    reading: Reading
    codes: frozenset[str]
    complaints: tuple[Said, ...]  # in the order they were first said
    age_months: float | None
    child: bool
    days: float
    fever_days: float
    medicines: int
    wants_medicine: bool
    prescription_request: Said | None  # a prescription item asked for with no prescription at hand
    prescription_at_hand: bool
    assessed: bool  # a doctor has seen this already
    allergens: frozenset[str]  # sounds of ingredients named as an allergy
    forbidden: frozenset[str]  # catalogue contraindication codes that hold

    @property
    def need(self) -> bool:
        return bool(self.complaints) or self.wants_medicine

    @cached_property
    def strong(self) -> tuple[Said, ...]:
        return tuple(c for c in self.complaints if not c.mention.concept.weak)

    def evidence(self, codes: Sequence[str]) -> tuple[str, ...]:
        """Literal quotes, at most three, of where these were said."""
        quotes: dict[str, None] = {}
        for code in codes:
            for said in self.reading.said:
                if said.code == code and said.status in (Status.SAID, Status.VOID):
                    quotes[self.quote(said)] = None
                    break
        return tuple(quotes)[:3]

    def quote(self, said: Said) -> str:
        """The utterance, or as much of it around the mention as a quote may hold."""
        text = self.texts[said.turn].strip()
        if len(text) <= QUOTE_CHARS:
            return text
        spoken = self.reading.turns[said.turn].scan.spoken
        first, last = said.mention.first, said.mention.last
        while len(spoken.quote(max(0, first - 1), min(last + 1, len(spoken.tokens) - 1))) <= QUOTE_CHARS:
            if first == 0 and last == len(spoken.tokens) - 1:
                break
            first, last = max(0, first - 1), min(last + 1, len(spoken.tokens) - 1)
        return spoken.quote(first, last)[:QUOTE_CHARS]


def gather(texts: Sequence[str], book: Rulebook) -> Facts:
    """Read the conversation and draw what follows for rules."""
    reading = read(texts, book.lexicon)
    holding = [s for s in reading.said if s.status is Status.SAID]
    codes = {s.code for s in holding}
    if "gestante" in codes and _only_doubted(reading):
        codes.discard("gestante")
    if "adulto" in codes and not _child_stated(reading, holding):
        codes -= {"crianca", "bebe"}
    if "dengue" in codes and "dengue_perto" in codes and not _own_dengue(reading):
        codes.discard("dengue")
    age = _age_months(reading, codes)
    child = ("crianca" in codes or "bebe" in codes) and (age is None or age < 144) or (age is not None and age < 144)
    complaints = _complaints(holding, codes)
    at_hand = _prescription_at_hand(reading, codes)
    request = _prescription_request(reading, holding, at_hand)
    days, fever_days = _durations(reading, complaints, codes, at_hand)
    allergens = _allergens(reading)
    assessed = "ja_atendido" in codes or "com_receita" in codes
    _derive(codes, complaints, book, assessed)
    wants = _wants_medicine(reading, holding)
    if complaints or wants:
        codes.add("necessidade")
    forbidden = {c.contraindication for code in codes if (c := book.lexicon.concepts.get(code)) and c.contraindication}
    forbidden = {code for code in forbidden if not code.startswith("alergia_")}
    forbidden |= {book.lexicon.concepts[code].contraindication or "" for code in allergens}
    forbidden |= _implied(codes, age, child)
    return Facts(
        tuple(texts), reading, frozenset(codes), complaints, age, child, days, fever_days, _medicines(codes), wants,
        request, at_hand, assessed, _allergen_words(reading), frozenset(forbidden - {""}),
    )  # fmt: skip


def _derive(codes: set[str], complaints: Sequence[Said], book: Rulebook, assessed: bool) -> None:
    if any(c.code not in book.products.duram_sem_alarme and not c.mention.concept.weak for c in complaints):
        codes.add("queixa_duradoura")
    if codes & book.products.respiratorios:
        codes.add("sintoma_respiratorio")
    if "dengue" in codes and assessed:
        codes.add("dengue_avaliada")


def _implied(codes: set[str], age: float | None, child: bool) -> set[str]:
    forbidden = set()
    feverish = "febre" in codes and bool(codes & {"dor_corpo", "dor_olhos", "manchas", "dengue_perto"})
    if "dengue" in codes or feverish:
        forbidden.add("dengue_suspeita")
    if "febre" in codes:
        forbidden.add("febre")
    if "anticoagulante" in codes:
        forbidden.add("anticoagulante")
    forbidden |= {"gravidez"} & {"gravidez" if "gestante" in codes else ""}
    forbidden |= {"lactacao"} & {"lactacao" if "lactante" in codes else ""}
    if "sangue_simples" in codes and "diarreia" in codes:
        forbidden.add("diarreia_com_sangue")
    if codes & {"barriga_forte", "vomito"} and "prisao_ventre" in codes:
        forbidden.add("abdome_agudo")
    if child:
        forbidden.add("menor_de_12")
        if age is None or age < 24:
            forbidden.add("menor_de_2")
    return forbidden


def _complaints(holding: Sequence[Said], codes: set[str]) -> tuple[Said, ...]:
    first: dict[str, Said] = {}
    for said in holding:
        if said.mention.concept.kind is Kind.SYMPTOM:
            first.setdefault(said.code, said)
    return tuple(first.values())


def _only_doubted(reading: Reading) -> bool:
    doubts = [s for s in reading.said if s.code == "gestante_duvida"]
    sure = [s for s in reading.said if s.code == "gestante" and s.status is Status.SAID]
    return bool(doubts) and all(any(d.turn == s.turn for d in doubts) for s in sure)


def _child_stated(reading: Reading, holding: Sequence[Said]) -> bool:
    adult = max(s.turn for s in holding if s.code == "adulto")
    return any(s.code in ("crianca", "bebe") and s.turn > adult for s in holding)


def _own_dengue(reading: Reading) -> bool:
    near = [s for s in reading.said if s.code == "dengue_perto"]
    return any(s.code == "dengue" and all(n.turn != s.turn for n in near) for s in reading.said)


def _age_months(reading: Reading, codes: set[str]) -> float | None:
    youngest: float | None = None
    small = bool({"crianca", "bebe", "recem_nascido"} & {s.code for s in reading.said})
    for index, turn in enumerate(reading.turns):
        sounds = turn.scan.spoken.sounds
        asked = index > 0 and _asks_age(reading.turns[index - 1].scan.spoken.sounds)
        for amount in amounts(sounds):
            if _is_age(amount, small, asked, "gestante" in turn.cues or "gestante" in codes):
                months = amount.days / 30.4 if amount.unit in ("dia", "semana") else amount.days / (365 / 12)
                youngest = months if youngest is None else min(youngest, months)
        if asked and not amounts(sounds) and (bare := _bare_number(sounds)) is not None:
            youngest = bare * (1 if "mes" in reading.turns[index - 1].scan.spoken.sounds else 12)
    if youngest is None and "recem_nascido" in codes:
        return 0.5
    return youngest


def _asks_age(sounds: str) -> bool:
    return any(
        q in sounds
        for q in ("kuantos ano", "kuantos mes", "ke idade", "kual a idade", "kual idade", "idade ", "kuantos anino")
    )


def _bare_number(sounds: str) -> int | None:
    values = [v for word in sounds.split()[:4] if (v := number(word)) is not None and word not in ("um", "uma")]
    return values[0] if values else None


def _is_age(amount: Amount, small: bool, asked: bool, pregnant: bool) -> bool:
    before = amount.before.split()
    since = bool(before) and (before[-1] in SINCE or "fas" in before or "desde" in before)
    after = amount.after.split()[:2]
    if since or (
        after and after[0] in ("ke", "atras", "seguido", "kom") and before[-1:] == ["tem"] and amount.unit != "ano"
    ):
        return False
    if amount.unit == "ano":
        return not after[:1] == ["atras"]
    if pregnant and not small:
        return False
    if amount.unit == "mes":
        return (small or asked) and "gravida" not in before and "gravida" not in after
    return after[:1] == ["de"] and after[1:] in (["vida"], ["nasido"], ["nasida"]) or (asked and small)


def _durations(reading: Reading, complaints: Sequence[Said], codes: set[str], at_hand: bool) -> tuple[float, float]:
    longest = fever = 0.0
    symptom_turns = {s.turn for s in reading.said if s.status is Status.SAID and s.mention.concept.kind is Kind.SYMPTOM}
    fever_turns = {c.turn for c in reading.said if c.code == "febre" and c.status is Status.SAID}
    if not symptom_turns:
        return 0.0, 0.0
    small = bool(codes & {"crianca", "bebe", "recem_nascido"})
    for index, turn in enumerate(reading.turns):
        if (
            index < min(symptom_turns)
            or turn.cues & {"posologia", "passado", "midia"}
            or ("?" in turn.scan.spoken.text)
        ):
            continue
        asked = index > 0 and _asks_age(reading.turns[index - 1].scan.spoken.sounds)
        for amount in amounts(turn.scan.spoken.sounds):
            of_pregnancy = "gestante" in codes and amount.unit in ("mes", "semana") and amount.before.endswith("de")
            if of_pregnancy or _is_age(amount, small, asked, "gestante" in codes) or _of_a_baby(amount, turn.cues):
                continue
            longest = max(longest, amount.days)
            if index in fever_turns or (fever_turns and not symptom_turns & {index} and index >= min(fever_turns)):
                fever = max(fever, amount.days)
        if "semana pasada" in turn.scan.spoken.sounds and "desde" in turn.cues:
            longest, fever = max(longest, 7.0), max(fever, 7.0 if index in fever_turns else 0.0)
    return longest, fever


def _of_a_baby(amount: Amount, cues: frozenset[str]) -> bool:
    """A pregnancy's or a newborn's weeks, or a treatment's days: no symptom's duration."""
    before = amount.before.split()
    pregnancy = bool({"gravida", "jestante", "jestasao"} & set(before)) or "gravid" in amount.after
    return pregnancy or amount.after.startswith(("pra", "por dia", "de gravid", "de jesta")) or (
        bool(cues & {"recem_nascido"}) or bool({"tive", "nenen", "nene", "bebe", "naseu", "gane"} & set(before))
    )


def _medicines(codes: set[str]) -> int:
    return len(codes.intersection(USES))


def _prescription_at_hand(reading: Reading, codes: set[str]) -> bool:
    if "sem_receita" in codes or _answer_to(reading, "receita") is False:
        return False
    return "com_receita" in codes or _answer_to(reading, "receita") is True


def _answer_to(reading: Reading, cue: str) -> bool | None:
    """How a question that names `cue` was answered."""
    for index, turn in enumerate(reading.turns[:-1]):
        if cue in turn.cues and turn.asks and reading.turns[index + 1].answer is not None:
            return reading.turns[index + 1].answer
    return None


def _prescription_request(reading: Reading, holding: Sequence[Said], at_hand: bool) -> Said | None:
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
        asking = bool(turn.cues & SEEKING) or (guarded and "tem " in sounds[:20])
        if asking and not using and not turn.cues & {"preco", "alergia_a", "midia", "posologia"}:
            later = reading.turns[said.turn + 1 :]
            if not any(t.cues & {"reservado"} for t in later):
                return said
    return None


def _wants_medicine(reading: Reading, holding: Sequence[Said]) -> bool:
    for said in holding:
        if said.mention.concept.kind is Kind.MEDICINE and said.code in ("medicamento", "tarjado"):
            turn = reading.turns[said.turn]
            if turn.cues & {"preco", "reservado", "troca", "logistica"}:
                continue
            if turn.cues & SEEKING or "posso" in turn.scan.spoken.sounds or "pode" in turn.scan.spoken.sounds:
                return True
            if said.code == "medicamento" and any(f" {w} " in f" {turn.scan.spoken.sounds}" for w in ("tem", "kero", "keria", "levar")):
                return True
    return False


def _allergens(reading: Reading) -> set[str]:
    """Ingredient concepts (`ing_*`) named in an utterance that speaks of an allergy, and not denied there."""
    found = set()
    for said in reading.said:
        if said.code.startswith("ing_") and said.status is Status.SAID:
            near = reading.turns[said.turn].cues
            before = reading.turns[said.turn - 1] if said.turn else None
            asked = (
                before is not None and before.asks and any(m.concept.code == "alergia_a" for m in before.scan.mentions)
            )
            if "alergia_a" in near or asked:
                found.add(said.code)
    return found


def _allergen_words(reading: Reading) -> frozenset[str]:
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
