"""Whether a product that the rules allow may be shown, by the second reading: it withholds, and never adds.

No rule ever gives way to it.
"""

from collections.abc import Sequence

from pipeline.recommendation.candidates import Candidate
from pipeline.recommendation.facts import Facts
from pipeline.recommendation.rulebook import Rulebook


def withheld_because(open_: Sequence[Candidate], facts: Facts, book: Rulebook) -> str | None:
    """Why nothing of `open_` is shown, or None. The rules heard a complaint; this asks whether it is to be served.

    What goes with a purchase answers no complaint, and nobody asks for it."""
    permission, limits = book.second_reading.permission(facts.texts), book.doubt.leitura
    if permission.request < limits.pedido and any(c.complaint is not None for c in open_):
        return "pedido em dúvida"
    return "condição em dúvida" if permission.free < limits.livre else None


def outweighs_danger(facts: Facts, book: Rulebook) -> bool:
    """Whether talk that sounds dangerous to the second reading sounds even more like talk in which a product is right.

    What is dangerous and what may be given are learnt apart. To be asked where the rules allow a product."""
    return book.second_reading.permission(facts.texts).free >= book.doubt.leitura.livre_apesar
