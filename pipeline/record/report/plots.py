"""The report's plots. Colours hold in print and for colour-blind readers; labels are in Portuguese."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from io import BytesIO
from math import ceil
from textwrap import fill
from typing import Any

import matplotlib as mpl
from matplotlib.figure import Figure
from matplotlib.ticker import Formatter, FuncFormatter, MaxNLocator

from pipeline.record.report.figures import Figures, Period
from pipeline.record.report.numbers import in_brazilian, totals_in_words

BLUE, ORANGE, GREEN, GREY = "#0072B2", "#E69F00", "#009E73", "#9AA0A6"
_PROVIDER_COLOURS = (BLUE, ORANGE, GREEN, "#CC79A7", "#56B4E9", "#D55E00")
_SIZE = (7.2, 3.4)
MOST_STORES = 12
MOST_TICKS = 10
_LEGEND_COLUMNS = 3
_LABEL_CHARS = 40  # of a line: a longer name takes two, and leaves the bars their width
_MOST_DECIMALS, _NOTHING = 8, 1e-10  # of a tick's number
_IN_FRONT = ((3, "perguntas", GREY, 0.8), (4, "sugeridas", BLUE, 0.55), (5, "vendidas", GREEN, 0.3))
_EPOCH = date(1970, 1, 1)  # Matplotlib's days count from here

mpl.rcParams.update({"font.size": 9, "axes.spines.top": False, "axes.spines.right": False, "svg.fonttype": "none"})
mpl.rcParams["text.parse_math"] = False  # a $ is money, in a product's name too

Draw = Callable[[Any, Figures], None]


def minutes(ax: Any, figures: Figures) -> None:
    days = [row[0] for row in figures.minutes]
    paid, saved = [row[2] for row in figures.minutes], [row[3] for row in figures.minutes]
    ax.bar(days, paid, color=ORANGE, label="pagos")
    ax.bar(days, saved, bottom=paid, color=GREEN, label="poupados pelo portão")
    ax.set_ylabel("minutos de áudio")
    _legend(ax)
    _days(ax, days)


def costs(ax: Any, figures: Figures) -> None:
    days = sorted({row[0] for row in figures.costs})
    base = [0.0] * len(days)
    for number, provider in enumerate(sorted({row[1] for row in figures.costs})):
        by_day = {row[0]: row[2] or 0.0 for row in figures.costs if row[1] == provider}
        values = [by_day.get(day, 0.0) for day in days]
        ax.bar(days, values, bottom=base, color=_PROVIDER_COLOURS[number % len(_PROVIDER_COLOURS)], label=provider)
        base = [a + b for a, b in zip(base, values, strict=True)]
    ax.set_ylabel("US$")
    _legend(ax)
    _days(ax, days)


def latency(ax: Any, figures: Figures) -> None:
    stages = [row[0] for row in figures.latency][::-1]
    ax.barh(stages, [row[2] for row in figures.latency][::-1], color=GREY, label="p95")
    ax.barh(stages, [row[1] for row in figures.latency][::-1], color=BLUE, height=0.45, label="mediana")
    ax.set_xlabel("ms, da última palavra ao cartão")
    _counts(ax.xaxis)
    _legend(ax)


def funnel(ax: Any, figures: Figures) -> None:
    steps = ("ouvidas", "compreendidas", "perguntas", "sugeridas", "vendidas")
    values = [sum(row[1 + n] or 0 for row in figures.funnel) for n in range(len(steps))]
    bars = ax.barh(steps[::-1], values[::-1], color=BLUE)
    ax.bar_label(bars, labels=[in_brazilian(value, 0) for value in values[::-1]], padding=3)
    ax.set_xlabel("todas as lojas")
    ax.margins(x=0.15)  # the longest bar's number stays inside
    _counts(ax.xaxis)


def stores(ax: Any, figures: Figures) -> None:
    """The same by store: what was asked, suggested and sold, one bar in front of the other."""
    rows = figures.funnel[:MOST_STORES][::-1]
    places = _named(ax, rows)
    for column, label, colour, height in _IN_FRONT:
        ax.barh(places, [row[column] or 0 for row in rows], color=colour, height=height, label=label)
    ax.set_xlabel("interações" + (f", as {MOST_STORES} maiores" if len(figures.funnel) > MOST_STORES else ""))
    _counts(ax.xaxis)
    _legend(ax)


def products(ax: Any, figures: Figures) -> None:
    rows = figures.products[::-1]
    ax.barh(_named(ax, rows), [row[1] for row in rows], color=BLUE)
    ax.set_xlabel("sugestões")
    _counts(ax.xaxis)


def alerts(ax: Any, figures: Figures) -> None:
    rows = figures.alerts[::-1]
    ax.barh(_named(ax, rows), [row[1] for row in rows], color=ORANGE)
    ax.set_xlabel("encaminhamentos ao farmacêutico ou ao médico")
    _counts(ax.xaxis)


def audio(ax: Any, figures: Figures) -> None:
    rows = [row for row in figures.audio if row[2] is not None][::-1]
    places = _named(ax, rows)
    ax.barh(places, [row[2] for row in rows], color=GREY, label="mediana")
    ax.barh(places, [row[3] for row in rows], color=BLUE, height=0.45, label="10 % piores")
    ax.axvline(10, color=ORANGE, linestyle="--", linewidth=1)
    ax.set_xlabel("relação sinal-ruído, dB (abaixo de 10: mude o microfone)")
    ax.xaxis.set_major_formatter(Brazilian())
    _legend(ax)


def _legend(ax: Any) -> None:
    ax.legend(frameon=False, ncols=_LEGEND_COLUMNS, loc="lower right", bbox_to_anchor=(1, 1), borderaxespad=0.1)


def _days(ax: Any, days: list[date]) -> None:
    if len(days) <= MOST_TICKS:
        ax.set_xticks(days)
    ax.xaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{_EPOCH + timedelta(days=value):%d/%m}"))
    ax.yaxis.set_major_formatter(Brazilian())


def _counts(axis: Any) -> None:
    """Whole numbers only: half an interaction there is not."""
    axis.set_major_locator(MaxNLocator("auto", integer=True, steps=[1, 2, 2.5, 5, 10]))
    axis.set_major_formatter(Brazilian())


class Brazilian(Formatter):
    """Numbers as Brazilians write them, each with the decimals that the finest of the axis needs."""

    _ticks: Sequence[float] = ()

    def set_locs(self, locs: Sequence[float]) -> None:
        self._ticks = locs

    def __call__(self, x: float, pos: int | None = None) -> str:
        return in_brazilian(x, next((n for n in range(_MOST_DECIMALS) if self._exact(n)), _MOST_DECIMALS))

    def _exact(self, decimals: int) -> bool:
        return all(abs(place - round(place, decimals)) < _NOTHING for place in self._ticks)


def _named(ax: Any, rows: Sequence[tuple[Any, ...]]) -> range:
    """A place for each row's bar: two of one name are two bars. One row is a bar at the top, not a wall."""
    ax.set_yticks(range(len(rows)), [fill(row[0], _LABEL_CHARS) for row in rows])
    ax.set_ylim(len(rows) - max(len(rows), 5) - 0.6, len(rows) - 0.4)
    return range(len(rows))


@dataclass(frozen=True, slots=True)
class Plot:
    section: str  # of Figures
    title: str
    draw: Draw
    most_rows: int = 0  # it grows with its rows, up to these; 0: always the same size
    with_table: bool = False


PLOTS = (
    Plot("minutes", "Minutos pagos e poupados", minutes),
    Plot("costs", "Custo por provedor", costs),
    Plot("latency", "Onde o tempo vai", latency),
    Plot("funnel", "Do balcão à venda", funnel),
    Plot("funnel", "Do balcão à venda, por loja", stores, most_rows=MOST_STORES, with_table=True),
    Plot("products", "Produtos mais sugeridos", products, most_rows=15),
    Plot("alerts", "Encaminhamentos", alerts, most_rows=15),
    Plot("audio", "Qualidade do áudio por balcão", audio, most_rows=20, with_table=True),
)


def picture(plot: Plot, figures: Figures, form: str) -> bytes:
    """One plot as SVG or PNG bytes, tall enough for its rows."""
    rows = min(len(getattr(figures, plot.section)), plot.most_rows)
    figure = Figure(figsize=(_SIZE[0], max(_SIZE[1], 1.2 + 0.34 * rows)), layout="constrained")
    plot.draw(figure.subplots(), figures)
    out = BytesIO()
    figure.savefig(out, format=form, dpi=140, metadata={"Date": None} if form == "svg" else None)
    return out.getvalue()


def drawn_sheet(figures: Figures, period: Period) -> Figure:
    """Every plot on one figure, under what the period came to."""
    figure = Figure(figsize=(15, 18), layout="constrained")
    figure.suptitle(f"Balto no balcão, {period}\n{totals_in_words(figures.totals)}", fontsize=13, x=0.01, ha="left")
    axes = figure.subplots(4, 2).flatten()
    for ax, plot in zip(axes, PLOTS, strict=True):
        if getattr(figures, plot.section):
            plot.draw(ax, figures)
        else:
            ax.text(0.5, 0.5, "nada neste período", ha="center", color=GREY)
        ax.set_title(plot.title, loc="left", fontweight="bold", pad=_title_pad(ax))
    return figure


def _title_pad(ax: Any) -> float:
    """Points between the axes and a title over the legend, which stands over the axes."""
    legend = ax.get_legend()
    lines = ceil(len(legend.get_texts()) / _LEGEND_COLUMNS) if legend else 0
    return 6.0 + 15.0 * lines


def sheet(figures: Figures, period: Period) -> bytes:
    """Every plot on one PNG."""
    out = BytesIO()
    drawn_sheet(figures, period).savefig(out, format="png", dpi=110)
    return out.getvalue()
