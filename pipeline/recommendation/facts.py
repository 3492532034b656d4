"""What a conversation establishes about the person being served: the ground that rules and candidates stand on."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

from pipeline.recommendation.corrected import taken_back
from pipeline.recommendation.lexicon import Kind
from pipeline.recommendation.medicines import (
    allergen_words,
    allergens_named,
    prescription_at_hand,
    prescription_request,
    wants_medicine,
)
from pipeline.recommendation.reading import read
from pipeline.recommendation.rulebook import Rulebook
from pipeline.recommendation.spoken import sound_of
from pipeline.recommendation.timing import age_months, durations
from pipeline.recommendation.turns import Reading, Said, Status, Turn
from pipeline.recommendation.whose import not_theirs

USES = [
    "usa_pressao",
    "usa_diabetes",
    "usa_coracao",
    "usa_colesterol",
    "usa_tireoide",
    "usa_animo",
    "usa_sangue",
    "usa_outro",
]
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


def symptoms_said(facts: Facts) -> tuple[str, ...]:
    """Codes of the complaints and of the warning signs that hold, in the order they were first said."""
    return tuple(dict.fromkeys(s.code for s in facts.reading.holding(Kind.SYMPTOM, Kind.WARNING)))


def gather(texts: Sequence[str], book: Rulebook) -> Facts:
    """Read the conversation and draw what follows for rules."""
    reading = read(texts, book.lexicon)
    holding = _holding(reading)
    codes = {s.code for s in holding}
    if "gestante" in codes and _only_doubted(reading):
        codes.discard("gestante")
    if "adulto" in codes and not _child_stated(reading, holding):
        codes -= {"crianca", "bebe"}
    if "dengue" in codes and "dengue_perto" in codes and not _own_dengue(reading):
        codes.discard("dengue")
    age = age_months(reading, codes)
    child = ("crianca" in codes or "bebe" in codes) and (age is None or age < 144) or (age is not None and age < 144)
    complaints = _complaints(reading, holding, child)
    at_hand = prescription_at_hand(reading, codes)
    request = prescription_request(reading, holding, at_hand)
    days, fever_days = durations(reading, codes)
    allergens = allergens_named(reading)
    assessed = "ja_atendido" in codes or "com_receita" in codes
    _derive(codes, complaints, book, assessed)
    wants = wants_medicine(reading, holding, at_hand)
    if complaints or wants:
        codes.add("necessidade")
    forbidden = {c.contraindication for code in codes if (c := book.lexicon.concepts.get(code)) and c.contraindication}
    forbidden = {code for code in forbidden if not code.startswith("alergia_")}
    forbidden |= {book.lexicon.concepts[code].contraindication or "" for code in allergens}
    forbidden |= _implied(codes, age, child)
    named = {sound_of(book.lexicon.concepts[code].name) for code in allergens}
    return Facts(
        tuple(texts), reading, frozenset(codes), complaints, age, child, days, fever_days, _medicines(codes), wants,
        request, at_hand, assessed, allergen_words(reading) | named,
        frozenset(forbidden - {""}),
    )  # fmt: skip


def _holding(reading: Reading) -> list[Said]:
    """What is so of the person being served."""
    said = [s for s in reading.said if s.status is Status.SAID and not _of_a_pregnancy(s, reading)]
    complained = [s.turn for s in said if s.mention.concept.kind is Kind.SYMPTOM]
    return [s for s in said if not not_theirs(reading.turns, s, complained)]


def _derive(codes: set[str], complaints: Sequence[Said], book: Rulebook, assessed: bool) -> None:
    lasts = book.products.duram_sem_alarme
    named = any(c.code in lasts for c in complaints)  # "coça", said of dandruff, is the dandruff's
    if any(
        c.code not in lasts and not (c.mention.concept.weak or (named and c.mention.concept.generic))
        for c in complaints
    ):
        codes.add("queixa_duradoura")
    if codes & book.products.respiratorios:
        codes.add("sintoma_respiratorio")
    if "dengue" in codes and assessed:
        codes.add("dengue_avaliada")
    if _only_filters(codes, book):
        codes.add("cronica_controlada")


USES_ALONE = ({"usa_pressao"}, {"usa_diabetes"}, set[str]())  # of a disease that is controlled


def _only_filters(codes: set[str], book: Rulebook) -> bool:
    """Whether every disease said is under control, so that it only takes away the products with its code."""
    filtered = book.products.cronicas_filtradas
    ill = codes & filtered.keys()
    if not ill or "controlada" not in codes or "descontrolada" in codes:
        return False
    return codes.intersection(USES) in USES_ALONE and not any(codes & filtered[disease] for disease in ill)


def _implied(codes: set[str], age: float | None, child: bool) -> set[str]:
    forbidden = set()
    feverish = "febre" in codes and bool(codes & {"dor_corpo", "dor_olhos", "manchas", "dengue_perto"})
    if "dengue" in codes or feverish:
        forbidden.add("dengue_suspeita")
    if "febre" in codes:
        forbidden.add("febre")
    if "anticoagulante" in codes:
        forbidden.add("anticoagulante")
    forbidden |= {"gravidez"} & {"gravidez" if codes & {"gestante", "atraso_menstrual"} else ""}
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


OF_AN_ALLERGY = frozenset({"coceira_pele", "alergia", "alergia_pele", "pele_irritada"})


def _complaints(reading: Reading, holding: Sequence[Said], child: bool) -> tuple[Said, ...]:
    first: dict[str, Said] = {}
    back = taken_back(reading, [s for s in holding if s.mention.concept.kind is Kind.SYMPTOM])
    for said in holding:
        told_of_allergy = said.code in OF_AN_ALLERGY and _tells_an_allergy(reading.turns[said.turn])
        if said.mention.concept.kind is Kind.SYMPTOM and not told_of_allergy and said.code not in back:
            first.setdefault(said.code, said)
    if child and len(first) > 1:
        first.pop("insonia", None)  # a child that does not sleep for what ails it
    return tuple(first.values())


def _tells_an_allergy(turn: Turn) -> bool:
    """ "aas me dá coceira": what a medicine does to the person, not what brought them."""
    named = any(m.concept.code.startswith("ing_") for m in turn.scan.mentions)
    return named and bool(turn.cues & {"alergia_a", "alergia_historico"})


def _only_doubted(reading: Reading) -> bool:
    doubts = [s for s in reading.said if s.code == "gestante_duvida"]
    sure = [s for s in reading.said if s.code == "gestante" and s.status is Status.SAID]
    return bool(doubts) and all(any(d.turn == s.turn for d in doubts) for s in sure)


def _of_a_pregnancy(said: Said, reading: Reading) -> bool:
    """ "tô de dois mesinhos": the small months are a pregnancy's, not a child's."""
    if said.code not in ("crianca", "bebe"):
        return False
    first, last = said.mention.first, said.mention.last
    pregnant = (m for m in reading.turns[said.turn].scan.mentions if m.concept.code == "gestante")
    return any(m.first < first and last <= m.last for m in pregnant)


def _child_stated(reading: Reading, holding: Sequence[Said]) -> bool:
    adult = max((s.turn for s in holding if s.code == "adulto" and not _names_a_form(s, reading)), default=-1)
    return any(s.code in ("crianca", "bebe") and s.turn > adult for s in holding)


def _names_a_form(adult: Said, reading: Reading) -> bool:
    """ "o de adulto ou o pequeno?": a product's, said of nobody."""
    first = adult.mention.first
    return first > 0 and reading.turns[adult.turn].scan.spoken.tokens[first - 1].sound == "de"


def _own_dengue(reading: Reading) -> bool:
    near = [s for s in reading.said if s.code == "dengue_perto"]
    return any(s.code == "dengue" and all(n.turn != s.turn for n in near) for s in reading.said)


def _medicines(codes: set[str]) -> int:
    return len(codes.intersection(USES))
