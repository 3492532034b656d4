"""Numbers as Brazilians write them."""

from collections.abc import Mapping
from typing import Any

_SWAPPED = str.maketrans(",.", ".,")


def in_brazilian(value: float, decimals: int) -> str:
    """1234.5 as 1.234,5."""
    return f"{value:,.{decimals}f}".translate(_SWAPPED)


def named(value: float, one: str, many: str) -> str:
    """What is counted, after its number without decimals: `minuto` after what is shown as 1."""
    return one if round(value) == 1 else many


def totals_in_words(totals: Mapping[str, Any]) -> str:
    """What a period came to, in two lines."""
    received, saved = totals["minutos_recebidos"], totals["minutos_poupados"]
    suggested, sold = totals["sugeridas"], totals["vendidas"]
    share = f" ({in_brazilian(100 * saved / received, 0)} % do recebido)" if received else ""
    return (
        f"{in_brazilian(saved, 0)} {named(saved, 'minuto poupado', 'minutos poupados')}{share} · "
        f"US$ {in_brazilian(totals['poupado_usd'], 2)} não gastos em transcrição · "
        f"US$ {in_brazilian(totals['custo_usd'], 2)} gastos com provedores\n"
        f"{in_brazilian(suggested, 0)} {named(suggested, 'interação', 'interações')} com sugestão · "
        f"{in_brazilian(sold, 0)} {named(sold, 'venda informada', 'vendas informadas')}"
    )
