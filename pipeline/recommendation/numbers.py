"""Ages and durations as people say them: "dois aninhos", "um ano e meio", "faz três semanas"."""

import re
from dataclasses import dataclass

from pipeline.recommendation.spoken import sound_of

UNITS = [
    "zero",
    "um",
    "dois",
    "três",
    "quatro",
    "cinco",
    "seis",
    "sete",
    "oito",
    "nove",
    "dez",
    "onze",
    "doze",
    "treze",
    "quatorze",
    "quinze",
    "dezesseis",
    "dezessete",
    "dezoito",
    "dezenove",
    "vinte",
]
TENS = {"trinta": 30, "quarenta": 40, "cinquenta": 50, "sessenta": 60, "setenta": 70, "oitenta": 80, "noventa": 90}
WORDS = {sound_of(word): value for value, word in enumerate(UNITS)}
WORDS |= {sound_of(w): v for w, v in {**TENS, "uma": 1, "duas": 2, "catorze": 14, "meia": 6, "cem": 100}.items()}
DAYS = {"dia": 1, "semana": 7, "mes": 30, "ano": 365}
_NUMBER = "|".join(sorted(map(re.escape, WORDS), key=len, reverse=True)) + r"|\d{1,3}"
AMOUNT = re.compile(
    rf"(?<!\S)(?P<lead>(?:\S+ ){{0,3}}?)(?P<a>{_NUMBER})(?: e (?P<b>{_NUMBER}))?(?: e pouk[oa]s)? "
    r"(?P<unit>dias?|diasinos|semanas?|semaninas?|mes|meses|mesinos?|anos?|aninos?)(?P<half> e meio)?"
    r"(?!\S)(?P<tail>(?: \S+){0,3})"
)


@dataclass(frozen=True, slots=True)
class Amount:
    days: float
    unit: str  # dia, semana, mes, ano
    before: str  # the sounds before it, up to three words
    after: str
    place: int  # in the utterance's sounds


def number(word: str) -> int | None:
    """The value of one folded word."""
    return int(word) if word.isdigit() else WORDS.get(word)


def amounts(sounds: str) -> list[Amount]:
    """Every "<number> <unit of time>" in an utterance's sounds."""
    found = []
    for match in AMOUNT.finditer(sounds):
        unit = match["unit"].rstrip("s").replace("mese", "mes").replace("mesino", "mes").replace("anino", "ano")
        unit = {"me": "mes", "diasino": "dia", "semanina": "semana"}.get(unit, unit)
        value = (number(match["a"]) or 0) + (number(match["b"] or "") or 0)
        days = (value + (0.5 if match["half"] else 0)) * DAYS[unit]
        before = sounds[: match.start("a")].split()[-3:]
        found.append(Amount(days, unit, " ".join(before), match["tail"].strip(), match.start("a")))
    return found


ORDINALS = {
    sound_of(w): n
    for n, w in enumerate(("segundo", "terceiro", "quarto", "quinto", "sexto", "sétimo", "oitavo", "nono", "décimo"), 2)
}
ORDINAL = re.compile(rf"(?<!\S)(?P<n>{'|'.join(w[:-1] for w in ORDINALS)})[ao] (?P<unit>dia|semana|mes)(?!\S)")


def ordinals(sounds: str) -> list[int]:
    """Days that "quinto dia" or "segunda semana" stand for: those gone by at the least."""
    found = []
    for match in ORDINAL.finditer(sounds):
        place, unit = ORDINALS[f"{match['n']}o"], DAYS[match["unit"]]
        found.append(place if unit == 1 else (place - 1) * unit + 1)
    return found
