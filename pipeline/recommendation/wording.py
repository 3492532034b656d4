"""What a card says, in plain Portuguese, when no model writes it: short, no dose, no diagnosis, no promise."""

from pipeline.recommendation.candidates import Candidate
from pipeline.recommendation.rulebook import Rulebook
from pipeline.recommendation.rules import is_medicine

CONFIRM = "Confirme com o farmacêutico."
NOTICE = "Medicamentos podem causar efeitos indesejados. Evite a automedicação: informe-se com o farmacêutico."


def explain(candidate: Candidate, book: Rulebook) -> str:
    if candidate.with_product is not None:
        reason = f"Acompanha {candidate.with_product.name}, que o cliente está levando."
    elif candidate.complaint is not None:
        reason = f"O cliente falou de {candidate.complaint.mention.concept.name}; o produto é indicado para isso."
    else:
        reason = "Atende ao que o cliente pediu."
    return f"{reason} {with_notice('', candidate, book)}".strip()


def with_notice(sentence: str, candidate: Candidate, book: Rulebook) -> str:
    """The sentence, with the notice that every medicine's card carries."""
    if not is_medicine(candidate.product, book):
        return sentence
    return f"{sentence} {CONFIRM} {NOTICE}".strip()
