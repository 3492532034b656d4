"""The report's page: one HTML file with nothing outside it, readable on a phone and on paper."""

from collections.abc import Sequence
from html import escape
from typing import Any

from pipeline.record.report.figures import Figures, Period
from pipeline.record.report.numbers import in_brazilian, named
from pipeline.record.report.plots import PLOTS, Plot, picture

_STYLE = """
:root { color-scheme: light; --ink: #1f2933; --quiet: #616e7c; --line: #e4e7eb; }
body { font: 16px/1.5 system-ui, sans-serif; color: var(--ink); max-width: 60rem; margin: 2rem auto; padding: 0 1rem; }
h1 { margin-bottom: 0 } h2 { margin-top: 2.5rem; border-top: 1px solid var(--line); padding-top: 1.5rem }
.quiet { color: var(--quiet) } svg { width: 100%; height: auto }
.tiles { display: grid; grid-template-columns: repeat(auto-fit, minmax(11rem, 1fr)); gap: 1rem; margin: 1.5rem 0 }
.tile { border: 1px solid var(--line); border-radius: .5rem; padding: 1rem }
.tile b { display: block; font-size: 1.7rem }
table { border-collapse: collapse; width: 100%; font-size: .9rem } th, td { text-align: right; padding: .3rem .6rem }
th:first-child, td:first-child { text-align: left } tr + tr td { border-top: 1px solid var(--line) }
@media print { h2 { break-before: auto; break-after: avoid } svg { break-inside: avoid } }
"""

_TABLES: dict[str, tuple[str, ...]] = {
    "providers": ("Provedor", "Modelo", "Chamadas", "Mediana, ms", "p95 do pior dia, ms", "Erros"),
    "funnel": ("Loja", "Ouvidas", "Compreendidas", "Perguntas", "Sugeridas", "Vendidas"),
    "audio": ("Balcão", "Falas", "SNR mediana, dB", "SNR p10, dB", "Saturado", "Desvio DC", "Falas ruidosas"),
}
_SHOWN_ROWS = 20
_FRACTIONS = {("providers", 5), ("audio", 4), ("audio", 5), ("audio", 6)}


def page(figures: Figures, period: Period, published: str) -> str:
    """The whole page. `published` says how fresh the numbers are."""
    sections = "".join(_section(plot, figures) for plot in PLOTS)
    return f"""<!doctype html>
<html lang="pt-BR"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">
<title>Balto: {period}</title><style>{_STYLE}</style></head><body>
<h1>Balto no balcão</h1>
<p class="quiet">{period} · dados publicados em {escape(published)}</p>
{_tiles(figures.totals)}{sections}<h2>Provedores</h2>{_table("providers", figures.providers)}
</body></html>
"""


def _tiles(totals: dict[str, Any]) -> str:
    received, saved = totals["minutos_recebidos"], totals["minutos_poupados"]
    asked, suggested, sold = (totals[name] for name in ("interacoes", "sugeridas", "vendidas"))
    share = f"{in_brazilian(100 * saved / received, 0)} % do áudio recebido" if received else "nenhum áudio recebido"
    tiles = (
        (in_brazilian(saved, 0), named(saved, "minuto poupado", "minutos poupados"), share),
        (f"US$ {in_brazilian(totals['poupado_usd'], 2)}", "não gastos em transcrição", "ao custo médio do minuto pago"),
        (f"US$ {in_brazilian(totals['custo_usd'], 2)}", "gastos com provedores", ""),
        (
            in_brazilian(suggested, 0),
            f"{named(suggested, 'interação', 'interações')} com sugestão",
            f"de {in_brazilian(asked, 0)} {named(asked, 'pergunta', 'perguntas')}",
        ),
        (
            in_brazilian(sold, 0),
            named(sold, "venda informada", "vendas informadas"),
            "pelo último feedback do balcão",
        ),
    )
    cells = "".join(
        f'<div class="tile"><b>{value}</b>{label}<br><span class="quiet">{note}</span></div>'
        for value, label, note in tiles
    )
    return f'<div class="tiles">{cells}</div>'


def _section(plot: Plot, figures: Figures) -> str:
    rows: Sequence[Any] = getattr(figures, plot.section)
    if not rows:
        return f'<h2>{plot.title}</h2><p class="quiet">Nada neste período.</p>'
    svg = picture(plot, figures, "svg").decode()
    table = _table(plot.section, rows) if plot.with_table else ""
    return f"<h2>{plot.title}</h2>{svg[svg.index('<svg') :]}{table}"


def _table(name: str, rows: Sequence[Sequence[Any]]) -> str:
    head = "".join(f"<th>{label}</th>" for label in _TABLES[name])
    shown = rows[:_SHOWN_ROWS]
    body = "".join(
        "<tr>" + "".join(f"<td>{_cell(value, (name, n) in _FRACTIONS)}</td>" for n, value in enumerate(row)) + "</tr>"
        for row in shown
    )
    return f"<table><tr>{head}</tr>{body}</table>"


def _cell(value: Any, is_fraction: bool) -> str:
    if value is None:
        return "–"
    if isinstance(value, str):
        return escape(value)
    return (
        f"{in_brazilian(100 * value, 1)} %"
        if is_fraction
        else in_brazilian(value, 1 if isinstance(value, float) else 0)
    )
