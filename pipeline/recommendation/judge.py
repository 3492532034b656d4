"""The deterministic judgement of a conversation: refer, be silent, or which products are open to choose from.

Pure and quick: the same judgement screens every question before the model is paid for one.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from pipeline.recommendation.candidates import Candidate, effective, for_complaints, for_purchases, purchases
from pipeline.recommendation.facts import Facts, gather
from pipeline.recommendation.permission import outweighs_danger, withheld_because
from pipeline.recommendation.rulebook import Rulebook
from pipeline.recommendation.rules import Referred, doubt, likeness, refer
from pipeline.recommendation.shelf import Shelf
from pipeline.recommendation.wanted import told_in_passing, wanted


@dataclass(frozen=True, slots=True)
class Judgement:
    """`referred`, or `open` to choose from (best first), or neither: `silence` says why."""

    facts: Facts
    referred: Referred | None = None
    open: tuple[Candidate, ...] = ()
    silence: str = ""
    refused: tuple[str, ...] = ()


def judge(texts: Sequence[str], book: Rulebook, shelf: Shelf, shown: Sequence[str] = ()) -> Judgement:
    facts = gather(texts, book)
    found = for_complaints(facts, book, shelf)
    answered = bool(effective(facts)) and wanted(facts) and not _served(facts, shelf)
    if referred := refer(facts, book, found.unserved):
        if not referred.referral.urgent and facts.prescription_request is None and told_in_passing(facts):
            return Judgement(facts, silence="sem queixa", refused=found.refused)
        return Judgement(facts, referred=referred, refused=found.refused)
    weight, doubted = doubt(facts, book)
    if doubted is not None:
        return Judgement(facts, referred=doubted, refused=found.refused)
    danger, likened = likeness(facts, book)
    sounds_dangerous = likened is not None or danger >= book.doubt.leitura.calar
    if sounds_dangerous and answered and found.allowed and outweighs_danger(facts, book):
        likened, sounds_dangerous = None, False
    if likened is not None:
        return Judgement(facts, referred=likened, refused=found.refused)
    if weight >= book.doubt.calar or sounds_dangerous:
        return Judgement(facts, silence="sinal de perigo em dúvida", refused=found.refused)
    if answered:
        candidates, silence = found.allowed, "sem produto permitido"
    else:
        candidates, silence = for_purchases(facts, book, shelf), "sem queixa"
    open_ = tuple(c for c in candidates if c.product.sku not in shown)
    if candidates and not open_:
        silence = "já sugerido"
    if withheld := _withheld(candidates, open_, shown, facts, book):
        return Judgement(facts, silence=withheld, refused=found.refused)
    return Judgement(facts, open=open_, silence="" if open_ else silence, refused=found.refused)


def _withheld(
    candidates: Sequence[Candidate], open_: Sequence[Candidate], shown: Sequence[str], facts: Facts, book: Rulebook
) -> str | None:
    if _answered_already(candidates, shown):
        return "já sugerido"
    return withheld_because(open_, facts, book) if open_ else None


def _served(facts: Facts, shelf: Shelf) -> bool:
    """ "só faltava isso": the customer takes what answers the complaint, and says that nothing is missing."""
    return facts.reading.cue("satisfeito") and (facts.prescription_at_hand or bool(purchases(facts, shelf)))


def _answered_already(candidates: Sequence[Candidate], shown: Sequence[str]) -> bool:
    """The first complaint was answered by something shown before: a second product for it would be noise."""
    if not candidates or not shown:
        return False
    first = candidates[0].complaint
    return first is not None and any(
        c.product.sku in shown and c.complaint is not None and c.complaint.code == first.code for c in candidates
    )


def choose(open_: Sequence[Candidate], most: int) -> tuple[Candidate, ...]:
    """The best product, and one more for each complaint that it does not serve; every complement of a purchase."""
    chosen: list[Candidate] = []
    answered: set[str] = set()
    for candidate in open_:
        if len(chosen) == most:
            break
        said = candidate.complaint
        if said is not None:
            if said.code in answered or (chosen and chosen[0].complaint is not None):
                continue
            answered.add(said.code)
        chosen.append(candidate)
    return tuple(chosen)
