"""The rules applied: whether to refer, and whether a product may be offered to this person."""

import re
from dataclasses import dataclass

from pipeline.recommendation.catalogue import Product
from pipeline.recommendation.facts import Facts
from pipeline.recommendation.reading import Status
from pipeline.recommendation.rulebook import Referral, Rulebook, Term
from pipeline.recommendation.spoken import plain, sound_of


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
    told = {s.code for s in facts.reading.said if s.status is Status.SAID} & book.doubt.pistas.keys()
    weight = sum(book.doubt.pistas[cue].peso for cue in told)
    if weight < book.doubt.encaminhar:
        return weight, None
    heaviest = sorted(told, key=lambda cue: (-book.doubt.pistas[cue].peso, cue))
    code = book.doubt.pistas[heaviest[0]].codigo
    referral = next(r for r in book.referrals if r.code == code)
    return weight, Referred(referral, facts.evidence(heaviest))


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
