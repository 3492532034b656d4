"""When to put a conversation to the recommender: a named reason for every question, in a pure function.

A finished complaint is asked about at once, a warning sign always; small talk waits for a pause or for enough
words, and a lone "ok" asks nothing. Asking is cheap when nothing was said (the rules answer without the model), but
each question to the model costs money: `AskingSettings` holds the trade.
"""

import re
import unicodedata
from dataclasses import dataclass
from enum import StrEnum

from configs.recommendation import AskingSettings


class Why(StrEnum):
    """Why the recommender is asked now."""

    WARNING = "sinal_de_alarme"
    COMPLAINT = "queixa"
    ANSWER = "resposta"  # "não", "sim": it settles the question before it
    ENOUGH = "palavras"
    PAUSE = "pausa"


WARNING_STEMS = (
    "peito|falta de ar|respira|desmai|convuls|debatendo|sangue|sangr|boca torta|enrolad|dorment|braco esquerdo|engoliu|"
    "veneno|chumbinho|desinfetante|morrer|suicid|me matar|sumir|inchando|inchou|fechando|pescoco duro|moleira|xixi|"
    "roxo|roxa|gravida|gestante|amament|bateu a cabeca|caiu|meses|dengue|alergi|"
    "marevan|varfarina|xarelto|afina o sangue"
)
COMPLAINT_STEMS = (
    r"\bdor\b|\bdores\b|doi|doendo|doid|febre|tosse|tossi|catarro|garganta|nariz|coriz|espirr|gripe|gripad|resfri|"
    r"azia|queimac|refluxo|estomago|barriga|enjo|vomit|diarre|intestino|preso|gases|colica|coceira|cocando|cocar|"
    r"alerg|rinite|sinusite|micose|frieira|assad|picad|pernilongo|mosquito|piolh|lendea|espinha|caspa|queim|ardendo|"
    r"ardencia|cortei|machuc|ralei|torci|torcicolo|costas|cabeca|cabessa|ouvido|olho|afta|herpes|hemorroid|calo\b|"
    r"verruga|dormir|insonia|sono\b|ansie|nervos|cansa|fraqueza|tontura|remedio pra|alguma coisa pra|bom pra|"
    r"vou levar|levar|receita|antialergico|antigripal|antibiotico|bebe|filh|crianca|menino|menina|pressao|diabet"
)
ANSWERS = re.compile(r"^(nao|sim|nada|nem|isso|tenho|tem|teve|aham|uhum|ja|so)\b")


def plain(text: str) -> str:
    """Lower case without accents."""
    decomposed = unicodedata.normalize("NFD", text.casefold())
    return "".join(c for c in decomposed if not unicodedata.combining(c))


@dataclass(frozen=True, slots=True)
class Pending:
    """What has been heard since the last question."""

    text: str  # the new utterances, joined
    last: str  # the newest of them
    last_end_s: float
    after_question: bool  # the utterance before the newest one asks something


class AskingPolicy:
    """The rule, from settings; no state."""

    def __init__(self, settings: AskingSettings) -> None:
        self._settings = settings
        self._warning = re.compile(WARNING_STEMS)
        self._complaint = re.compile(COMPLAINT_STEMS)

    def at_once(self, pending: Pending) -> Why | None:
        """The reason not to wait for a pause, if there is one."""
        text = plain(pending.text)
        if self._warning.search(text):
            return Why.WARNING
        if self._complaint.search(text):
            return Why.COMPLAINT
        if pending.after_question and ANSWERS.match(plain(pending.last).strip()):
            return Why.ANSWER
        if len(text.split()) >= self._settings.enough_words:
            return Why.ENOUGH
        return None

    def due_in(self, pending: Pending, now_s: float) -> float | None:
        """Seconds until the recommender should be asked: 0.0 is now, None is not for these words."""
        if self.at_once(pending) is not None:
            return 0.0
        if len(pending.text.split()) < self._settings.fewest_words:
            return None
        return max(0.0, pending.last_end_s + self._settings.quiet_s - now_s)
