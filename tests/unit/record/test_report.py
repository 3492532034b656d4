"""The report: right numbers, one self-contained page."""

from collections.abc import Callable
from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import duckdb
import pytest
from matplotlib.figure import Figure
from matplotlib.text import Text

from pipeline.events import Event, ProductSuggested, SessionStarted
from pipeline.ids import new_id
from pipeline.record.report import plots
from pipeline.record.report.figures import Figures, Period, gather
from pipeline.record.report.labels import labelled
from pipeline.record.report.numbers import totals_in_words
from pipeline.record.report.page import page
from pipeline.record.report.plots import sheet
from pipeline.record.service import RecordService
from tests.unit.record.conftest import batch, conversation

Open = Callable[..., RecordService]
TODAY = date.today()
WEEK = Period(TODAY - timedelta(days=6), TODAY + timedelta(days=1))


@pytest.fixture
def figures(open_service: Open, data_dir: Path) -> Figures:
    service = open_service()
    service.commit(batch("o1", 1, conversation(new_id(), balcao_id="<b>balcão</b>")))
    service.close()
    with duckdb.connect(str(data_dir / "registro.duckdb"), read_only=True) as con:
        return gather(con, WEEK)


def test_totals(figures: Figures) -> None:
    assert figures.totals["minutos_poupados"] == pytest.approx(8 / 60)
    assert figures.totals["sugeridas"] == 1
    assert figures.totals["poupado_usd"] == pytest.approx(0.0002 / 2 * 8)  # 8 s saved at what 2 s cost
    assert ("total", pytest.approx(1805.2), pytest.approx(1805.2)) in figures.latency


def test_the_page_needs_nothing_from_outside_and_escapes_names(figures: Figures) -> None:
    html = page(figures, WEEK, "22/11/2026 14:00")
    assert "Dipirona 500 mg" in html
    assert "<b>balcão</b>" not in html
    assert 'src="http' not in html
    assert "<link" not in html
    assert html.count("<svg") == 7  # no alerts: said in words


def test_labels_tell_what_is_called_the_same_apart() -> None:
    rows = [("Balcão 1", "A", "1", "x", 5), ("Balcão 1", "A", "2", "y", 6), ("Balcão 2", "A", "1", "z", 7)]
    assert labelled(rows, 4, fewest=2) == [("Balcão 1 · A · 1", 5), ("Balcão 1 · A · 2", 6), ("Balcão 2 · A", 7)]
    assert labelled([(None, "7", 1), (None, None, 2)], 2, fewest=2, nameless="sem loja") == [("7", 1), ("sem loja", 2)]


@pytest.fixture
def namesakes(open_service: Open, data_dir: Path) -> Figures:
    """A chain of two stores of one name, each with two counters of one name."""
    service, events = open_service(), list[Event]()
    for number in range(2):
        codigo = service.registry.register_client(
            email=f"{number}@loja.com.br", razao_social="Farmácia São João", telefone="1133334444"
        )
        for _ in range(2):
            balcao_id, _ = service.registry.register_counter(nome_balcao="Balcão 1", cliente_codigo=codigo)
            for event in conversation(new_id(), balcao_id=balcao_id):
                started = isinstance(event, SessionStarted)
                named = replace(event, cliente_codigo=codigo) if started else event
                sold = isinstance(named, ProductSuggested)
                events.append(replace(named, sku=f"78{number}") if sold else named)
    service.commit(batch("o1", 1, events))
    service.close()
    with duckdb.connect(str(data_dir / "registro.duckdb"), read_only=True) as con:
        return gather(con, WEEK)


@pytest.mark.parametrize(
    ("section", "draw", "bars", "of"),
    [("funnel", plots.stores, 6, 2), ("audio", plots.audio, 8, 4), ("products", plots.products, 2, 2)],
)
def test_what_is_called_the_same_has_a_bar_and_a_label_of_its_own(
    namesakes: Figures, section: str, draw: plots.Draw, bars: int, of: int
) -> None:
    rows = getattr(namesakes, section)
    assert len({row[0] for row in rows}) == len(rows) == of
    ax = Figure().subplots()
    draw(ax, namesakes)
    assert len({(bar.get_y(), bar.get_height()) for bar in ax.patches}) == bars
    html = page(namesakes, WEEK, "–")
    assert all(html.count(row[0]) >= 1 for row in rows)


def test_a_dollar_in_a_name_is_no_formula(figures: Figures) -> None:
    assert "Leve 2 por $10 ou $15" in page(replace(figures, products=[("Leve 2 por $10 ou $15", 3)]), WEEK, "–")


def test_numbers_are_written_as_brazilians_write_them(figures: Figures) -> None:
    assert totals_in_words(figures.totals | {"minutos_poupados": 1234.4, "minutos_recebidos": 2000.0}).startswith(
        "1.234 minutos poupados (62 % do recebido) · US$ 0,00 não gastos"
    )


def ticks(axis: Any) -> list[str]:
    axis.figure.draw_without_rendering()
    return [label.get_text() for label in axis.get_ticklabels()]


def test_every_tick_says_another_number(figures: Figures) -> None:
    """Costs of a tenth of a cent, and one or two suggestions."""
    ax = Figure().subplots()
    plots.costs(ax, figures)
    said = ticks(ax.yaxis)
    assert len(set(said)) == len(said) > 2
    assert "0,000025" in said
    ax = Figure().subplots()
    plots.products(ax, figures)
    assert [text for text in ticks(ax.xaxis) if "," in text] == []


def test_one_is_said_in_the_singular(figures: Figures) -> None:
    one = {"minutos_poupados": 1.2, "sugeridas": 1, "vendidas": 1, "interacoes": 1}
    words = totals_in_words(figures.totals | one)
    assert words.startswith("1 minuto poupado (")
    assert words.endswith("1 interação com sugestão · 1 venda informada")
    assert "de 1 pergunta<" in page(replace(figures, totals=figures.totals | one), WEEK, "–")


def test_no_legend_on_the_sheet_lies_over_a_title(figures: Figures) -> None:
    costs = [(TODAY, f"provedor número {number}", 0.01) for number in range(5)]
    drawn = plots.drawn_sheet(replace(figures, costs=costs), WEEK)
    drawn.draw_without_rendering()
    for ax, plot in zip(drawn.axes, plots.PLOTS, strict=True):
        [title] = [text for text in ax.findobj(Text) if text.get_text() == plot.title]
        legend = ax.get_legend()
        assert legend is None or not legend.get_window_extent().overlaps(title.get_window_extent())


def test_an_empty_period_is_a_page_too(open_service: Open, data_dir: Path) -> None:
    open_service().close()
    with duckdb.connect(str(data_dir / "registro.duckdb"), read_only=True) as con:
        empty = gather(con, WEEK)
    assert page(empty, WEEK, "–").count("Nada neste período") == 8
    assert sheet(empty, WEEK).startswith(b"\x89PNG")


def test_one_picture(figures: Figures) -> None:
    assert sheet(figures, WEEK).startswith(b"\x89PNG")
