"""What one customer has said so far: utterances gather here until the conversation turns to the next customer.

Pure: the caller gives every time, in seconds on the session's clock.
"""

import re
from collections import deque
from copy import copy

from configs.recommendation import RecommendationSettings
from pipeline.conversation.asking import AskingPolicy, Pending, plain
from pipeline.ids import new_id
from pipeline.stages import Heard

GOODBYE = re.compile(
    r"\b(tchau|obrigad[oa]|brigad[oa]|volte sempre|ate mais|ate logo|vai com deus|fica com deus|melhoras|valeu)\b"
)
GREETING = re.compile(r"^(oi+|ola|opa|bom dia|boa tarde|boa noite|e ai|fala)\b")
NEXT = re.compile(r"^(o |a )?(proxim[oa]( (senha|cliente|da fila|por favor|pode vir))?|senha [\w ]+|pode vir)$")
QUESTION = re.compile(r"\?\s*$|\b(ne|qual|quant[oa]s?|toma|alerg\w*|gravida|idade)\b")


class ConversationContext:
    """One counter's current conversation."""

    def __init__(self, settings: RecommendationSettings) -> None:
        self._limits = settings.conversation
        self._policy = AskingPolicy(settings.asking)
        self._begin()

    def _begin(self) -> None:
        self.conversation_id: str = new_id()
        self._heard: deque[Heard] = deque()
        self._new: list[Heard] = []
        self._shown: dict[str, None] = {}

    @property
    def heard(self) -> tuple[Heard, ...]:
        """The conversation so far, oldest first."""
        return tuple(self._heard)

    @property
    def shown_skus(self) -> tuple[str, ...]:
        return tuple(self._shown)

    def hear(self, heard: Heard) -> bool:
        """Take in an utterance; True when it began a new conversation."""
        began = bool(self._heard) and self._turns_to_another_customer(heard)
        if began:
            self._begin()
        self._heard.append(heard)
        self._new.append(heard)
        while len(self._heard) > self._limits.most_utterances or (
            self._heard[0].end_s < heard.end_s - self._limits.longest_s
        ):
            self._heard.popleft()
        return began

    def foresee(self, heard: Heard) -> "ConversationContext | None":
        """This conversation as it would be after this utterance, or None where another one would begin."""
        ahead = copy(self)
        ahead._heard, ahead._new, ahead._shown = self._heard.copy(), self._new.copy(), self._shown.copy()
        return None if ahead.hear(heard) else ahead

    def _turns_to_another_customer(self, heard: Heard) -> bool:
        quiet_s = heard.at_s - self._heard[-1].end_s
        if quiet_s >= self._limits.quiet_s:
            return True
        words = plain(heard.text).strip(" .,!?")
        if NEXT.match(words):
            return True
        said_goodbye = any(GOODBYE.search(plain(h.text)) for h in list(self._heard)[-2:])
        return said_goodbye and quiet_s >= self._limits.handover_quiet_s and GREETING.match(words) is not None

    def due_in(self, now_s: float) -> float | None:
        """Seconds until the recommender should be asked; 0.0 is now, None when nothing new calls for it."""
        if not self._new:
            return None
        return self._policy.due_in(self._pending(), now_s)

    def _pending(self) -> Pending:
        newest = self._new[-1]
        before = self._heard[-2].text if len(self._heard) > 1 else ""
        return Pending(
            text=" ".join(h.text for h in self._new),
            last=newest.text,
            last_end_s=newest.end_s,
            after_question=QUESTION.search(plain(before)) is not None,
        )

    def asked(self, now_s: float) -> None:
        """The recommender was asked about everything heard so far."""
        self._new.clear()

    def shown(self, skus: tuple[str, ...] | list[str]) -> None:
        """These products reached the counter: they are not suggested again in this conversation."""
        self._shown.update(dict.fromkeys(skus))
