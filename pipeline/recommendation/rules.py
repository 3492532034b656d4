"""The rules applied: whether to refer, and whether a product may be offered to this person."""

import re
from dataclasses import dataclass

from pipeline.recommendation.catalogue import Product
from pipeline.recommendation.denial import denied
from pipeline.recommendation.facts import QUOTE_CHARS, Facts
from pipeline.recommendation.lexicon import Kind
from pipeline.recommendation.rulebook import LikenessFile, Referral, Rulebook, Term
from pipeline.recommendation.spoken import plain, sound_of
from pipeline.recommendation.turns import Status


@dataclass(frozen=True, slots=True)
class Referred:
    referral: Referral
    evidence: tuple[str, ...]


def refer(facts: Facts, book: Rulebook, unserved_child: bool) -> Referred | None:
    """The first referral that holds. `unserved_child`: a complaint that no product permitted to this child serves."""
    for referral in book.referrals:
        if referral.criterion is not None:
            quotes = _criterion(referral.criterion, facts, unserved_child)
            if quotes:
                return Referred(referral, quotes)
        for together in referral.when:
            if all(holds(term, facts) for term in together):
                return Referred(referral, _evidence(together, facts))
    return None


def doubt(facts: Facts, book: Rulebook) -> tuple[int, Referred | None]:
    """What the weak cues of danger weigh together, and the referral they call for when that is enough."""
    told = _separate_cues(facts, book)
    weight = sum(book.doubt.pistas[cue].peso for cue in told)
    if weight < book.doubt.encaminhar:
        return weight, None
    heaviest = sorted(told, key=lambda cue: (-book.doubt.pistas[cue].peso, cue))
    code = book.doubt.pistas[heaviest[0]].codigo
    referral = next(r for r in book.referrals if r.code == code)
    return weight, Referred(referral, facts.evidence(heaviest))


NEWBORN_MONTHS = 3
SPOKEN_BY_NOBODY = frozenset({"midia", "figurado", "injecao"})  # heard in the room, said of no one's health
OF_OTHERS = frozenset(
    [
        "fofoca", "terceiro", "resolvido", "passado", "midia", "desliga_midia", "figurado", "hipotese", "injecao",
        "preco", "posologia", "pagamento",
    ]
)  # fmt: skip


def likeness(facts: Facts, book: Rulebook) -> tuple[float, Referred | None]:
    """How dangerous the second reading takes this for, and the referral it calls for when that is enough."""
    turns = facts.reading.turns
    told = [t.scan.spoken.text for n, t in enumerate(turns) if not t.cues & SPOKEN_BY_NOBODY and not _asks(facts, n)]
    like = book.second_reading.likeness(told)
    if like is None:
        return 0.0, None
    limits = book.doubt.leitura
    code = next(c for c in like.codes if _makes_sense(c, facts, limits))
    odd = code != like.codes[0] and bool(facts.strong)  # a complaint that is not what it sounds like
    strict = odd or any(turn.cues & OF_OTHERS for turn in turns)
    enough = limits.encaminhar if facts.strong else limits.sem_queixa
    if like.danger < (limits.de_outros if strict else enough):
        return 0.0 if strict else like.danger, None
    referral = next(r for r in book.referrals if r.code == code)
    return like.danger, Referred(referral, (told[like.utterance].strip()[:QUOTE_CHARS],))


def _asks(facts: Facts, index: int) -> bool:
    """Whether an utterance only asks: by its mark, or because all that it names was asked, or denied in reply.

    The first and a long last one are the customer's own as often as not: they are kept.
    """
    turn = facts.reading.turns[index]
    waits = index == len(facts.reading.turns) - 1 and len(turn.scan.spoken.tokens) > SHORT_QUESTION_WORDS
    if turn.states or index == 0 or waits:
        return False
    ails = [s for s in facts.reading.said if s.turn == index and s.mention.concept.kind in AILING]
    asked = all(s.status in (Status.ASKED, Status.DENIED) and not denied(turn.scan, s.mention) for s in ails)
    return "?" in turn.scan.spoken.text or (bool(ails) and asked)


SHORT_QUESTION_WORDS = 8
AILING = (Kind.SYMPTOM, Kind.WARNING)


def _makes_sense(code: str, facts: Facts, limits: LikenessFile) -> bool:
    if code == "bebe_febre" and facts.age_months is not None and facts.age_months >= NEWBORN_MONTHS:
        return False
    return code not in limits.exige or any(s.code == limits.exige[code] for s in facts.reading.said)


def _separate_cues(facts: Facts, book: Rulebook) -> set[str]:
    """The weak cues said: the lightest count only for words that no heavier one was found in."""
    weak = [s for s in facts.reading.said if s.status is Status.SAID and s.code in book.doubt.pistas]
    told: dict[str, None] = {}
    counted: set[tuple[int, int]] = set()
    for said in sorted(weak, key=lambda s: -book.doubt.pistas[s.code].peso):
        words = {(said.turn, place) for place in range(said.mention.first, said.mention.last + 1)}
        if said.code not in told and not (words & counted and book.doubt.pistas[said.code].peso == 1):
            told[said.code] = None
            counted |= words
    return set(told)


def holds(term: Term, facts: Facts) -> bool:
    value = {
        "idade_meses": facts.age_months,
        "dias": facts.days,
        "febre_dias": facts.fever_days,
        "remedios": facts.medicines,
    }
    if term.below is not None or term.at_least is not None:
        measured = value[term.code]
        if measured is None:
            return False
        return measured < term.below if term.below is not None else measured >= (term.at_least or 0)
    return (term.code in facts.codes) is not term.negated


def _evidence(together: tuple[Term, ...], facts: Facts) -> tuple[str, ...]:
    quotes = list(facts.evidence([t.code for t in together if not t.negated]))
    names = {t.code for t in together}
    if "remedios" in names:
        quotes += facts.evidence([c for c in sorted(facts.codes) if c.startswith("usa_")])
    if names & {"necessidade", "queixa_duradoura"} or not quotes:
        quotes += [facts.quote(c) for c in facts.strong[:2]]
    return tuple(dict.fromkeys(quotes))[:3] or _anything(facts)


def _anything(facts: Facts) -> tuple[str, ...]:
    said = next(iter(facts.complaints), None) or next((s for s in facts.reading.said), None)
    return (facts.quote(said),) if said else (facts.texts[-1][:180],)


def _criterion(name: str, facts: Facts, unserved_child: bool) -> tuple[str, ...]:
    if name == "tarja_sem_receita":
        return (facts.quote(facts.prescription_request),) if facts.prescription_request else ()
    if not (facts.child and unserved_child):
        return ()
    young = facts.age_months is not None and facts.age_months < 24
    if (name == "menor_de_2") is not young or (name == "crianca_idade" and facts.age_months is not None):
        return ()
    quotes = [facts.quote(c) for c in facts.strong[:2]] + list(facts.evidence(["crianca", "bebe", "medicamento"]))
    return tuple(dict.fromkeys(quotes))[:3] or _anything(facts)


def is_oral(product: Product, book: Rulebook) -> bool:
    form = plain(product.form)
    if "otol" in plain(product.category) or "nasa" in form or "colir" in form:
        return False
    oral = any(re.search(rf"\b{re.escape(plain(word))}", form) for word in long_forms(book))
    return (oral or "po" in form.split()) and "spray" not in form


def long_forms(book: Rulebook) -> list[str]:
    """Forms named by more than two letters; "pó" is matched as a whole word."""
    return [word for word in book.products.formas_orais if len(word) > 2]


def is_medicine(product: Product, book: Rulebook) -> bool:
    return product.category not in book.products.classes_sem_medicamento


def forbidden_because(product: Product, facts: Facts, book: Rulebook) -> str | None:
    """Why this product may not be offered to this person, or None when it may. Fails closed."""
    if product.otc is not True:
        return "tarja" if product.otc is False else "mip desconhecido"
    if broken := product.contraindications & facts.forbidden:
        return min(broken)
    if facts.child and (reason := _child(product, facts, book)):
        return reason
    if "dengue_avaliada" in facts.codes and not _with_dengue(product, book):
        return "dengue_suspeita"
    for ingredient in product.ingredients:
        words = {sound_of(word) for word in ingredient.split()}
        if words & facts.allergens:
            return f"alergia: {ingredient}"
    return None


def _child(product: Product, facts: Facts, book: Rulebook) -> str | None:
    if facts.age_months is not None and facts.age_months >= 24:
        return None
    if is_oral(product, book) or product.category not in book.products.crianca_sem_idade:
        return "crianca_sem_idade" if facts.age_months is None else "menor_de_2"
    return None


def _with_dengue(product: Product, book: Rulebook) -> bool:
    contents = "; ".join(product.ingredients).casefold()
    return any(
        contents.startswith(accepted) and "+" not in contents for accepted in book.products.dengue_avaliada
    ) and (
        len(product.ingredients) == 1 or ";" in next(a for a in book.products.dengue_avaliada if contents.startswith(a))
    )
