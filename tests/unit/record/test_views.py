"""What analysts see."""

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import duckdb
import pytest

from pipeline.events import Decided, FeedbackGiven, InteractionOutcome, ProductSuggested, Transcribed, UtteranceHeard
from pipeline.ids import new_id
from pipeline.record.report.figures import Period, gather
from pipeline.record.service import RecordService
from tests.unit.record.conftest import batch, conversation

Open = Callable[..., RecordService]
Ask = Callable[[str], list[dict[str, Any]]]


@pytest.fixture
def ask(open_service: Open, data_dir: Path) -> Ask:
    """Query the publication of two sessions at one counter, one of which ended in a sale."""
    service = open_service()
    codigo = service.registry.register_client(email="a@loja.com.br", razao_social="Farmácia A", telefone="1133334444")
    balcao_id, _ = service.registry.register_counter(nome_balcao="Balcão 1", cliente_codigo=codigo)
    sold, unsold = conversation(new_id(), balcao_id=balcao_id), conversation(new_id(), balcao_id=balcao_id)
    suggested = sold[5]
    assert isinstance(suggested, ProductSuggested)
    ids = {"interaction_id": suggested.interaction_id, "session_id": suggested.session_id}
    feedback = [FeedbackGiven(**ids, resultado=resultado) for resultado in ("venda_perdida", "venda_realizada")]
    refer = Decided(
        interaction_id=new_id(), session_id=suggested.session_id, conversation_id="c1", utterance_id=None,
        outcome=InteractionOutcome.REFERRED, reason="suspeita_dengue", message="Chame o farmacêutico",
    )  # fmt: skip
    service.commit(batch("o1", 1, [*sold, *unsold, *feedback, refer]))
    service.close()

    def query(sql: str) -> list[dict[str, Any]]:
        with duckdb.connect(str(data_dir / "registro.duckdb"), read_only=True) as con:
            return con.sql(sql).to_arrow_table().to_pylist()

    return query


def test_one_row_per_interaction_with_product_result_and_latency(ask: Ask) -> None:
    rows = ask("SELECT * FROM analise.interacoes WHERE resultado IS NOT NULL")
    assert len(rows) == 1
    row = rows[0]
    assert row["produto"] == "Dipirona 500 mg"
    assert row["resultado"] == "venda_realizada"
    assert row["situacao"] == "sugerida"
    assert row["sintomas"] == ["dor_de_cabeca"]
    stages = {name: row[name] for name in ("silencio_ms", "transcricao_ms", "recomendacao_ms", "registro_ms")}
    assert stages == {"silencio_ms": 600, "transcricao_ms": 500, "recomendacao_ms": 700, "registro_ms": 5}
    assert row["total_ms"] == pytest.approx(1805.2)
    assert ask("SELECT count(*) AS n FROM analise.interacoes") == [{"n": 3}]


def test_an_utterance_s_transcription_is_told_to_a_tenth_of_a_millisecond(open_service: Open, data_dir: Path) -> None:
    events = conversation(new_id())
    heard, transcribed = events[1], events[3]
    assert isinstance(heard, UtteranceHeard)
    assert isinstance(transcribed, Transcribed)
    events[1] = replace(heard, engine="cascade")
    events[3] = replace(transcribed, latency_ms=501.23456789)
    service = open_service()
    service.commit(batch("o1", 1, events))
    service.close()
    with duckdb.connect(str(data_dir / "registro.duckdb"), read_only=True) as con:
        told = con.execute("SELECT transcricao_ms, motor_portao FROM analise.falas").fetchall()
    assert told == [(501.2, "cascade")]


def test_minutes_add_up(ask: Ask) -> None:
    row = ask("SELECT * FROM analise.minutos_dia")[0]
    assert row["minutos_recebidos"] == pytest.approx(20 / 60)
    assert row["minutos_pagos"] + row["minutos_poupados"] == pytest.approx(row["minutos_recebidos"])
    assert row["fracao_poupada"] == pytest.approx(0.8)


def test_the_funnel_and_the_conversion_count_the_last_feedback_only(ask: Ask) -> None:
    funnel = ask("SELECT * EXCLUDE (dia, cliente_codigo, balcao_id) FROM analise.funil_dia WHERE falas_ouvidas > 0")
    assert funnel == [
        {
            "falas_ouvidas": 2,
            "falas_compreendidas": 2,
            "interacoes": 3,
            "sugeridas": 2,
            "com_desfecho": 1,
            "vendidas": 1,
        }
    ]
    store = ask("SELECT sugeridas, com_desfecho, vendidas, taxa_conversao FROM analise.conversao_loja")
    assert store == [{"sugeridas": 2, "com_desfecho": 1, "vendidas": 1, "taxa_conversao": 0.5}]


def test_products_symptoms_alerts_and_providers(ask: Ask) -> None:
    assert ask("SELECT sku, sugestoes, vendidas FROM analise.produtos_dia") == [
        {"sku": "789", "sugestoes": 2, "vendidas": 1}
    ]
    assert ask("SELECT sintoma, interacoes FROM analise.sintomas_dia") == [
        {"sintoma": "dor_de_cabeca", "interacoes": 2}
    ]
    assert ask("SELECT motivo, mensagem FROM analise.encaminhamentos") == [
        {"motivo": "suspeita_dengue", "mensagem": "Chame o farmacêutico"}
    ]
    provider = ask("SELECT provedor, chamadas, latencia_p95_ms FROM analise.latencia_provedor")[0]
    assert (provider["provedor"], provider["chamadas"]) == ("elevenlabs", 2)
    assert provider["latencia_p95_ms"] == pytest.approx(480.0, rel=0.01)
    cost = ask("SELECT provedor, custo_usd FROM analise.custo_provedor_dia")[0]
    assert cost["custo_usd"] == pytest.approx(0.0004)


def test_what_the_gate_saved_is_priced_at_what_a_minute_cost_that_day(ask: Ask) -> None:
    """16 s of two sessions were kept back; 4 s of audio cost 0.0004 USD."""
    row = ask("SELECT * FROM analise.economia_portao_dia WHERE minutos_poupados > 0")[0]
    assert row["minutos_poupados"] == pytest.approx(16 / 60)
    assert row["usd_por_minuto"] == pytest.approx(0.0004 / (4 / 60))
    assert row["usd_poupados"] == pytest.approx(0.0016)


def test_cost_by_counter_names_the_price_table(ask: Ask) -> None:
    columns = "balcao_id IS NOT NULL AS de_um_balcao, provedor, chamadas, custo_usd, preco_versao"
    assert ask(f"SELECT {columns} FROM analise.custo_balcao_dia") == [
        {
            "de_um_balcao": True,
            "provedor": "elevenlabs",
            "chamadas": 2,
            "custo_usd": pytest.approx(0.0004),
            "preco_versao": None,
        }
    ]


def test_counters_carry_their_names_and_audio_quality(ask: Ask) -> None:
    row = ask("SELECT nome_balcao, snr_mediana_db, falas FROM analise.qualidade_audio_balcao")[0]
    assert (row["nome_balcao"], row["falas"]) == ("Balcão 1", 2)
    assert row["snr_mediana_db"] == pytest.approx(18.5)


def test_the_dc_offset_is_a_fraction_of_full_scale_also_in_rows_of_before(open_service: Open, data_dir: Path) -> None:
    """Rows once held it in steps of a 16-bit sample; a closed day of theirs has no other column."""
    sessions = [conversation(new_id()) for _ in range(3)]
    heard = sessions[0][1]
    assert isinstance(heard, UtteranceHeard)
    sessions[0][1] = replace(heard, dc_offset=-0.02)
    sessions[2] = [replace(event, at=event.at - timedelta(days=3)) for event in sessions[2]]
    service = open_service()
    service.commit(batch("o1", 1, [event for session in sessions for event in session]))
    older = "UPDATE bruto.segmentos SET desvio_dc = 327.68 WHERE desvio_dc_fracao IS NULL"
    service.run_on_writer(lambda con: con.execute(older).fetchall())
    service.tidy()
    service.close()
    [file] = (data_dir / "arquivo").glob("segmentos/*/*.parquet")
    file.chmod(0o644)
    duckdb.sql(f"COPY (SELECT * EXCLUDE (desvio_dc_fracao) FROM '{file}') TO '{file}.older' (FORMAT parquet)")
    Path(f"{file}.older").rename(file)
    with duckdb.connect(str(data_dir / "registro.duckdb"), read_only=True) as con:
        told = con.execute("SELECT desvio_dc, typeof(desvio_dc) FROM analise.falas ORDER BY desvio_dc").fetchall()
        by_counter = con.execute("SELECT desvio_dc FROM analise.qualidade_audio_balcao").fetchall()
        today = datetime.now(UTC).date()
        reported = gather(con, Period(today - timedelta(days=7), today + timedelta(days=1))).audio[0][5]
    assert told == [(pytest.approx(value), "FLOAT") for value in (-0.02, 0.01, 0.01)]
    assert by_counter == [(pytest.approx(0.04 / 3),)]
    assert reported == pytest.approx(0.04 / 3)


def test_every_view_answers_and_every_column_is_explained(ask: Ask) -> None:
    views = [row["visao"] for row in ask("SELECT DISTINCT visao FROM analise.dicionario")]
    assert len(views) >= 18
    for view in views:
        ask(f"SELECT * FROM analise.{view}")
    assert ask("SELECT visao, coluna FROM analise.dicionario WHERE significado IS NULL OR exemplo IS NULL") == []


def test_the_dictionary_explains_nothing_that_is_not_there(ask: Ask) -> None:
    known = {row["coluna"] for row in ask("SELECT coluna FROM analise.dicionario")}
    assert {row["coluna"] for row in ask("SELECT coluna FROM bruto.colunas")} - known == set()


def test_the_views_hold_when_the_file_is_attached_under_another_name(ask: Ask, data_dir: Path) -> None:
    con = duckdb.connect()
    con.execute(f"ATTACH '{data_dir / 'registro.duckdb'}' AS loja_x (READ_ONLY)")
    assert con.execute("SELECT count(*) FROM loja_x.analise.interacoes").fetchall() == [(3,)]
