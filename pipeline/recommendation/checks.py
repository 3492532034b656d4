"""What code verifies of any suggestion before it may leave, whoever made it."""

import re
import unicodedata
from collections.abc import Sequence

QUOTE_CHARS = 200
# a dose, a schedule or a diagnosis has no place in a card's sentence
DOSE = re.compile(
    r"\b\d+([.,]\d+)?\s*(mg|ml|g|mcg|ui|gotas?|comprimidos?|cápsulas?|colher\w*|vezes|x ao dia|/dia)\b"
    r"|\b(um|dois|duas|três|meio|uma)\s+(comprimidos?|cápsulas?|gotas?|colher\w*|drágeas?|doses?)\b"
    r"|\b(de|a cada)\s+(\d+|seis|oito|doze|quatro)\s+(em|horas)\b|\b\w+ vezes (ao|por) dia\b|\bpor \w+ dias\b",
    re.IGNORECASE,
)
DIAGNOSIS = re.compile(
    r"\b(você|o cliente|a cliente|ele|ela)\s+(está|esta|tem|tá)\s+(com\s+)?(dengue|pneumonia|infecção|covid|"
    r"gastrite|sinusite|úlcera|câncer|diabetes|hipertensão)\b"
    r"|\b(diagn[óo]stico|cura|curar|garantid[oa]|100%|milagr\w+|melhor preço)\b",
    re.IGNORECASE,
)
LONGEST_EXPLANATION = 240


def normalise(text: str) -> str:
    """Case, Unicode form and runs of blanks do not matter in a quote; words and accents do."""
    return re.sub(r"\s+", " ", unicodedata.normalize("NFC", text)).strip().casefold()


def is_literal(quote: str, texts: Sequence[str]) -> bool:
    """Whether the quote was said, within one utterance or across neighbouring ones."""
    wanted = normalise(quote)
    return 0 < len(wanted) <= QUOTE_CHARS and wanted in normalise(" ".join(texts))


def objection(explanation: str, product_name: str) -> str | None:
    """Why a model's sentence may not be shown, or None. The product's own name may hold its strength."""
    sentence = explanation.replace(product_name, "")
    if not sentence.strip() or len(sentence) > LONGEST_EXPLANATION:
        return "explicação vazia ou longa"
    if DOSE.search(sentence):
        return "explicação com dose"
    if DIAGNOSIS.search(sentence):
        return "explicação com diagnóstico ou promessa"
    return None
