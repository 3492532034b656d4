"""Numbers as Brazilians write them."""

from collections.abc import Mapping
from typing import Any

_SWAPPED = str.maketrans(",.", ".,")


def in_brazilian(value: float, decimals: int) -> str:
    """1234.5 as 1.234,5."""
    return f"{value:,.{decimals}f}".translate(_SWAPPED)


def totals_in_words(totals: Mapping[str, Any]) -> str:
    """What a period came to, in two lines."""
    received, saved = totals["minutos_recebidos"], totals["minutos_poupados"]
    share = f" ({in_brazilian(100 * saved / received, 0)} % do recebido)" if received else ""
    return (
        f"{in_brazilian(saved, 0)} minutos poupados{share} · "
        f"US$ {in_brazilian(totals['poupado_usd'], 2)} não gastos em transcrição · "
        f"US$ {in_brazilian(totals['custo_usd'], 2)} gastos com provedores\n"
        f"{in_brazilian(totals['sugeridas'], 0)} interações com sugestão · "
        f"{in_brazilian(totals['vendidas'], 0)} vendas informadas"
    )
