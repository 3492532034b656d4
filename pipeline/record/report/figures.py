"""What the report shows: one query per plot, each on the published views, for days [since, until]."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from typing import Any

import duckdb

from pipeline.record.report.labels import labelled

Rows = list[tuple[Any, ...]]
Ask = Callable[[str], Rows]


@dataclass(frozen=True, slots=True)
class Period:
    since: date
    until: date  # included

    def __str__(self) -> str:
        return f"{self.since:%d/%m/%Y} a {self.until:%d/%m/%Y}"


@dataclass(frozen=True, slots=True)
class Figures:
    """Rows of every section; empty where nothing happened."""

    totals: dict[str, Any]
    minutes: Rows  # day, received, paid, saved (min)
    costs: Rows  # day, provider, USD
    latency: Rows  # stage, p50 ms, p95 ms
    providers: Rows  # provider, model, calls, p50 ms, p95 ms, error rate
    funnel: Rows  # store (labels are unique), heard, understood, asked, suggested, sold
    products: Rows  # product, suggestions
    alerts: Rows  # reason, times
    audio: Rows  # counter, utterances, SNR median, SNR p10, clipped, DC offset, noisy fraction


_STAGES = {
    "silêncio de fechamento": "silencio_ms",
    "portão": "portao_ms",
    "transcrição": "transcricao_ms",
    "espera": "espera_ms",
    "recomendação": "recomendacao_ms",
    "registro": "registro_ms",
    "envio": "envio_ms",
    "total": "total_ms",
}

_WITHIN = "dia BETWEEN $since AND $until"


def gather(con: duckdb.DuckDBPyConnection, period: Period) -> Figures:
    """Read everything. `con` has the published file open."""

    def ask(sql: str) -> Rows:
        return con.execute(sql, {"since": period.since, "until": period.until}).fetchall()

    return Figures(
        totals=_totals(ask),
        minutes=_minutes(ask),
        costs=_costs(ask),
        latency=_latency(ask),
        providers=_providers(ask),
        funnel=_funnel(ask),
        products=_products(ask),
        alerts=_alerts(ask),
        audio=_audio(ask),
    )


def _totals(ask: Ask) -> dict[str, Any]:
    minutes = ask(f"""
        SELECT coalesce(sum(minutos_recebidos), 0), coalesce(sum(minutos_pagos), 0), coalesce(sum(minutos_poupados), 0)
        FROM analise.minutos_dia WHERE {_WITHIN}""")[0]
    cost = ask(f"""
        SELECT coalesce(sum(custo_usd), 0), coalesce(sum(custo_usd) FILTER (tipo = 'stt'), 0)
        FROM analise.custo_provedor_dia WHERE {_WITHIN}""")[0]
    funnel = ask(f"""
        SELECT coalesce(sum(interacoes), 0), coalesce(sum(sugeridas), 0), coalesce(sum(vendidas), 0)
        FROM analise.funil_dia WHERE {_WITHIN}""")[0]
    received, paid, saved = minutes
    return {
        "minutos_recebidos": received,
        "minutos_pagos": paid,
        "minutos_poupados": saved,
        "custo_usd": cost[0],
        "poupado_usd": saved * cost[1] / paid if paid else 0.0,  # at what a paid minute cost in this period
        "interacoes": funnel[0],
        "sugeridas": funnel[1],
        "vendidas": funnel[2],
    }


def _minutes(ask: Ask) -> Rows:
    return ask(f"""
        SELECT dia, sum(minutos_recebidos), sum(minutos_pagos), sum(minutos_poupados)
        FROM analise.minutos_dia WHERE {_WITHIN} GROUP BY dia ORDER BY dia""")


def _costs(ask: Ask) -> Rows:
    return ask(f"""
        SELECT dia, provedor, sum(custo_usd) FROM analise.custo_provedor_dia
        WHERE {_WITHIN} GROUP BY dia, provedor ORDER BY dia, provedor""")


def _latency(ask: Ask) -> Rows:
    columns = ", ".join(
        f"approx_quantile({column}, 0.5), approx_quantile({column}, 0.95)" for column in _STAGES.values()
    )
    values = ask(f"SELECT {columns} FROM fatos.exibicoes WHERE {_WITHIN}")[0]
    return [(stage, values[2 * n], values[2 * n + 1]) for n, stage in enumerate(_STAGES) if values[2 * n] is not None]


def _providers(ask: Ask) -> Rows:
    return ask(f"""
        SELECT provedor, modelo, sum(chamadas), median(latencia_p50_ms), max(latencia_p95_ms),
               sum(falhas) / sum(chamadas)
        FROM analise.saude_provedor_dia WHERE {_WITHIN} GROUP BY provedor, modelo ORDER BY 3 DESC""")


def _funnel(ask: Ask) -> Rows:
    stores = ask(f"""
        SELECT any_value(l.razao_social), f.cliente_codigo, sum(falas_ouvidas), sum(falas_compreendidas),
               sum(interacoes), sum(sugeridas), sum(vendidas)
        FROM analise.funil_dia f LEFT JOIN analise.lojas l USING (cliente_codigo)
        WHERE {_WITHIN} GROUP BY f.cliente_codigo ORDER BY 6 DESC, 2""")
    return labelled(stores, 2, fewest=2, nameless="sem loja")


def _products(ask: Ask) -> Rows:
    products = ask(f"""
        SELECT any_value(produto), sku, sum(sugestoes) FROM fatos.resumo_produtos
        WHERE {_WITHIN} GROUP BY sku ORDER BY 3 DESC, 2 LIMIT 15""")
    return labelled(products, 2, fewest=1)


def _alerts(ask: Ask) -> Rows:
    return ask(f"""
        SELECT coalesce(motivo, 'sem motivo'), count(*) FROM analise.encaminhamentos
        WHERE {_WITHIN} GROUP BY 1 ORDER BY 2 DESC LIMIT 15""")


def _audio(ask: Ask) -> Rows:
    counters = ask(f"""
        SELECT any_value(b.nome_balcao), any_value(b.razao_social), any_value(b.cliente_codigo), s.balcao_id,
               count(*), approx_quantile(snr_db, 0.5), approx_quantile(snr_db, 0.1), avg(fracao_saturada),
               avg(abs(coalesce(desvio_dc_fracao, desvio_dc / 32768))), avg((snr_db < 10)::INTEGER)
        FROM fatos.segmentos s LEFT JOIN analise.balcoes b USING (balcao_id)
        WHERE {_WITHIN} AND segmento_id IS NOT NULL GROUP BY s.balcao_id ORDER BY 7 NULLS LAST, 4 LIMIT 20""")
    return labelled(counters, 4, fewest=2, nameless="sem balcão")
