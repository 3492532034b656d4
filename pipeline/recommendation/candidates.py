"""Which products answer the complaint, best first; and what goes with something the customer is already taking."""

from collections.abc import Sequence
from dataclasses import dataclass

from pipeline.recommendation.catalogue import Product
from pipeline.recommendation.facts import Facts
from pipeline.recommendation.lexicon import Kind
from pipeline.recommendation.rulebook import Rulebook
from pipeline.recommendation.rules import forbidden_because, is_medicine, is_oral
from pipeline.recommendation.shelf import Shelf
from pipeline.recommendation.turns import Said

SECOND_COMPLAINT = 0.5  # what a further complaint adds, against the first one's 1
NAMED = 0.3  # the customer asked for this very product
PER_CONTRAINDICATION = 0.015  # between equals, the product that fewer people must not take
PER_RANK = 0.02  # a product's first indication fits better than its last
NO_MEDICINE = 0.12  # a device relieves less than a medicine that fits
ADULT_FOR_CHILD = 0.25
GENERAL_COLDS = frozenset({"resfriado", "gripe"})  # said of a stuffed nose, which has a product of its own
NAMED_BEFORE = 3  # utterances between a product's name and "vou levar"


@dataclass(frozen=True, slots=True)
class Candidate:
    product: Product
    score: float
    complaint: Said | None  # None: it goes with a purchase
    with_product: Product | None = None
    evidence: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Candidates:
    allowed: tuple[Candidate, ...]
    refused: tuple[str, ...]  # "SKU: why", for the record
    unserved: bool  # a complaint has products, and none of them is permitted to this person


def effective(facts: Facts) -> tuple[Said, ...]:
    """The complaints worth answering: those said in passing only when something was asked for."""
    if facts.strong:  # a child's fever leads, then the specific complaint
        return tuple(
            sorted(facts.strong, key=lambda s: (not (facts.child and s.code == "febre"), s.mention.concept.generic))
        )
    asked = [index for index, turn in enumerate(facts.reading.turns) if turn.cues & {"pedido", "pedido_sintoma"}]
    again = {
        s.code
        for s in facts.reading.holding(Kind.SYMPTOM)
        for c in facts.complaints
        if s.code == c.code and (s.turn, s.mention.first) != (c.turn, c.mention.first)
    }
    return tuple(
        said for said in facts.complaints
        if said.turn in asked or said.turn + 1 in asked or (said.code in again and not said.mention.concept.generic)
    )  # fmt: skip


def for_complaints(facts: Facts, book: Rulebook, shelf: Shelf) -> Candidates:
    complaints = effective(facts)
    bought = {p.sku for p in purchases(facts, shelf, "levando")}
    wished = {p.sku for index, turn in enumerate(facts.reading.turns) if "pedido" in turn.cues or "compra" in turn.cues
              for p in shelf.named(facts.texts[index])}  # fmt: skip
    scores: dict[str, float] = {}
    about: dict[str, Said] = {}
    refused: dict[str, str] = {}
    unserved = facts.child and not complaints and facts.wants_medicine
    for place, said in enumerate(complaints):
        weight = 1.0 if place == 0 else SECOND_COMPLAINT
        matched = _matching(said, facts, shelf)
        allowed = 0
        for product, fit in matched.items():
            because = forbidden_because(product, facts, book)
            if because is None and _no_device(said, product, facts, book):
                because = "dispositivo não atende"
            if because is not None:
                refused[product.sku] = because
            elif product.sku not in bought:
                allowed += 1
                scores[product.sku] = scores.get(product.sku, 0.0) + weight * fit
                about.setdefault(product.sku, said)
        told_by_another = said.code in GENERAL_COLDS and bool(scores) and facts.child
        unserved = unserved or (not allowed and (facts.child or bool(matched)) and not told_by_another)
    ranked = sorted(
        (
            Candidate(p, _adjusted(p, score, facts, book, wished), about[sku], evidence=(facts.quote(about[sku]),))
            for sku, score in scores.items()
            for p in (shelf.catalogue.products[sku],)
        ),
        key=lambda c: (-c.score, c.product.sku),
    )
    return Candidates(tuple(ranked), tuple(f"{k}: {v}" for k, v in sorted(refused.items())), unserved)


def _no_device(said: Said, product: Product, facts: Facts, book: Rulebook) -> bool:
    young = facts.child and (facts.age_months is None or facts.age_months < 24)
    return young and product.category == "dispositivo" and said.code in book.products.bebe_sem_dispositivo


def _matching(said: Said, facts: Facts, shelf: Shelf) -> dict[Product, float]:
    fits: dict[Product, float] = {}
    for concept, weight in {said.code: 1.0, **said.mention.concept.serves}.items():
        for indication in shelf.indicated(concept):
            if indication.pediatric and not facts.child:
                continue
            fit = weight - PER_RANK * indication.rank
            if facts.child and not indication.pediatric:
                fit -= ADULT_FOR_CHILD
            fits[indication.product] = max(fits.get(indication.product, 0.0), fit)
    return fits


def _adjusted(product: Product, score: float, facts: Facts, book: Rulebook, wished: set[str]) -> float:
    score -= PER_CONTRAINDICATION * len(product.contraindications)
    score += NAMED if product.sku in wished else 0.0
    return score - (NO_MEDICINE if not is_medicine(product, book) else 0.0)


def purchases(facts: Facts, shelf: Shelf, cue: str = "compra") -> list[Product]:
    """What the customer is taking: named where a purchase is decided or a prescription handed over."""
    if facts.reading.cue("desistiu") or facts.reading.cue("troca"):
        return []
    found: dict[str, Product] = {}
    for index, turn in enumerate(facts.reading.turns):
        buying = cue in turn.cues or (facts.prescription_at_hand and turn.cues & {"receita", "com_receita"})
        if not buying or turn.cues & {"injecao", "midia"}:
            continue
        named = shelf.named(facts.texts[index]) or _named_before(facts, shelf, index)
        found |= {p.sku: p for p in named}
    return list(found.values())


def _named_before(facts: Facts, shelf: Shelf, index: int) -> list[Product]:
    """ "vou ficar com ele": what was named last, a few utterances before."""
    for before in range(index - 1, max(-1, index - 1 - NAMED_BEFORE), -1):
        if named := shelf.named(facts.texts[before]):
            return named
    return []


def for_purchases(facts: Facts, book: Rulebook, shelf: Shelf) -> tuple[Candidate, ...]:
    """What goes with the purchase. A person with a condition is offered only what is no medicine."""
    taking = purchases(facts, shelf)
    if not taking:
        return ()
    cautious = bool(facts.codes & _CAUTION)
    skus = {p.sku for p in taking}
    found: dict[str, Candidate] = {}
    for product, sku, evidence in _complements(taking, facts, shelf):
        other = shelf.catalogue.products[sku]
        if sku in skus or forbidden_because(other, facts, book) or (cautious and is_medicine(other, book)):
            continue
        if facts.child and is_oral(other, book) and facts.age_months is None:
            continue
        found.setdefault(sku, Candidate(other, 1.0, None, product, evidence))
    return tuple(found.values())


_CAUTION = frozenset(
    [
        "gestante",
        "lactante",
        "hipertensao",
        "diabetes",
        "asma",
        "glaucoma",
        "renal",
        "hepatica",
        "ulcera",
        "cardiaca",
        "outra_cronica",
        "anticoagulante",
        "imunossuprimido",
        "muitos_remedios",
        "alergia_classe",
    ]
)


def _complements(taking: Sequence[Product], facts: Facts, shelf: Shelf) -> list[tuple[Product, str, tuple[str, ...]]]:
    """Complements that every product meant by the same words shares, so that a doubt about which one offers nothing."""
    found: list[tuple[Product, str, tuple[str, ...]]] = []
    for text in facts.texts:
        meant = [p for p in shelf.named(text) if p in taking]
        if not meant:
            continue
        shared = set(meant[0].complements).intersection(*(p.complements for p in meant))
        ordered = [sku for sku in meant[0].complements if sku in shared]
        found += [(meant[0], sku, (text.strip()[:180],)) for sku in ordered]
    return found
