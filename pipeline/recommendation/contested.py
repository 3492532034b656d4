"""Where the second reading is sure enough of a calm complaint to outweigh a word taken for a danger.

A rule hears its words wherever they stand: in a joke, of a neighbour, denied further on. A rule says itself, by
`contestavel` in the rule file, from what permission on it gives way; most never do. It gives way only where a
complaint is asked about that has a product for this person, and where the conversation does not sound dangerous.
What the rule heard of the person still holds: the products that it forbids stay forbidden.
"""

from dataclasses import dataclass
from functools import cached_property

from pipeline.recommendation.facts import Facts
from pipeline.recommendation.rulebook import Referral, Rulebook
from pipeline.recommendation.second_reading import Permission


@dataclass(frozen=True)
class Contested:
    """`answered`: a complaint is to be answered, and a product permitted to this person answers it."""

    facts: Facts
    book: Rulebook
    answered: bool

    @cached_property
    def permission(self) -> Permission:
        return self.book.second_reading.permission(self.facts.texts)

    def rule(self, referral: Referral) -> bool:
        """Whether this referral, whose rule holds, is set aside."""
        if not self.answered or referral.yields_from is None:
            return False
        return self.permission.free >= referral.yields_from and self._sounds_calm()

    def likeness(self) -> bool:
        """Whether the second reading's own alarm is: what is dangerous and what may be given are learnt apart."""
        return self.answered and self.permission.free >= self.book.doubt.leitura.livre_apesar

    def _sounds_calm(self) -> bool:
        like = self.book.second_reading.likeness(self.facts.texts)
        return like is None or like.danger < self.book.doubt.leitura.encaminhar
