"""The report's plots. Colours hold in print and for colour-blind readers; labels are in Portuguese."""

from collections.abc import Callable
from io import BytesIO
from typing import Any

import matplotlib as mpl
from matplotlib.figure import Figure

from pipeline.record.report.figures import Figures

BLUE, ORANGE, GREEN, GREY = "#0072B2", "#E69F00", "#009E73", "#9AA0A6"
_PROVIDER_COLOURS = (BLUE, ORANGE, GREEN, "#CC79A7", "#56B4E9", "#D55E00")
_SIZE = (7.2, 3.4)

mpl.rcParams.update({"font.size": 9, "axes.spines.top": False, "axes.spines.right": False, "svg.fonttype": "none"})

Draw = Callable[[Any, Figures], None]


def minutes(ax: Any, figures: Figures) -> None:
    days = [row[0] for row in figures.minutes]
    paid, saved = [row[2] for row in figures.minutes], [row[3] for row in figures.minutes]
    ax.bar(days, paid, color=ORANGE, label="pagos")
    ax.bar(days, saved, bottom=paid, color=GREEN, label="poupados pelo portão")
    ax.set_ylabel("minutos de áudio")
    _legend(ax)
    ax.tick_params(axis="x", rotation=45)


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
    ax.tick_params(axis="x", rotation=45)


def latency(ax: Any, figures: Figures) -> None:
    stages = [row[0] for row in figures.latency][::-1]
    ax.barh(stages, [row[2] for row in figures.latency][::-1], color=GREY, label="p95")
    ax.barh(stages, [row[1] for row in figures.latency][::-1], color=BLUE, height=0.45, label="mediana")
    ax.set_xlabel("ms, da última palavra ao cartão")
    _legend(ax)


def funnel(ax: Any, figures: Figures) -> None:
    steps = ("ouvidas", "compreendidas", "perguntas", "sugeridas", "vendidas")
    values = [sum(row[1 + n] or 0 for row in figures.funnel) for n in range(len(steps))]
    bars = ax.barh(steps[::-1], values[::-1], color=BLUE)
    ax.bar_label(bars, labels=[f"{value:,.0f}".replace(",", ".") for value in values[::-1]], padding=3)
    ax.set_xlabel("todas as lojas")


def products(ax: Any, figures: Figures) -> None:
    rows = figures.products[::-1]
    ax.barh([row[0] for row in rows], [row[1] for row in rows], color=BLUE)
    ax.set_xlabel("sugestões")


def alerts(ax: Any, figures: Figures) -> None:
    rows = figures.alerts[::-1]
    ax.barh([row[0] for row in rows], [row[1] for row in rows], color=ORANGE)
    ax.set_ylim(-0.6, max(len(rows), 5) - 0.4)  # one reason is a bar, not a wall
    ax.set_xlabel("encaminhamentos ao farmacêutico ou ao médico")


def audio(ax: Any, figures: Figures) -> None:
    rows = [row for row in figures.audio if row[2] is not None][::-1]
    ax.barh([row[0] for row in rows], [row[2] for row in rows], color=GREY, label="mediana")
    ax.barh([row[0] for row in rows], [row[3] for row in rows], color=BLUE, height=0.45, label="10 % piores")
    ax.axvline(10, color=ORANGE, linestyle="--", linewidth=1)
    ax.set_xlabel("relação sinal-ruído, dB (abaixo de 10: mude o microfone)")
    _legend(ax)


def _legend(ax: Any) -> None:
    ax.legend(frameon=False, ncols=3, loc="lower right", bbox_to_anchor=(1, 1), borderaxespad=0.1)


PLOTS: tuple[tuple[str, str, Draw], ...] = (
    ("minutes", "Minutos pagos e poupados", minutes),
    ("costs", "Custo por provedor", costs),
    ("latency", "Onde o tempo vai", latency),
    ("funnel", "Do balcão à venda", funnel),
    ("products", "Produtos mais sugeridos", products),
    ("alerts", "Encaminhamentos", alerts),
    ("audio", "Qualidade do áudio por balcão", audio),
)


def picture(draw: Draw, rows: int, figures: Figures, form: str) -> bytes:
    """One plot as SVG or PNG bytes, tall enough for its rows."""
    figure = Figure(figsize=(_SIZE[0], max(_SIZE[1], 1.2 + 0.28 * rows)), layout="constrained")
    draw(figure.subplots(), figures)
    out = BytesIO()
    figure.savefig(out, format=form, dpi=140, metadata={"Date": None} if form == "svg" else None)
    return out.getvalue()


def sheet(figures: Figures) -> bytes:
    """Every plot on one PNG."""
    figure = Figure(figsize=(15, 17), layout="constrained")
    axes = figure.subplots(4, 2).flatten()
    for ax, (name, title, draw) in zip(axes, PLOTS, strict=False):
        ax.set_title(title, loc="left", fontweight="bold")
        if getattr(figures, name):
            draw(ax, figures)
        else:
            ax.text(0.5, 0.5, "nada neste período", ha="center", color=GREY)
    axes[-1].axis("off")
    out = BytesIO()
    figure.savefig(out, format="png", dpi=110)
    return out.getvalue()
