"""Events as rows: which table, which columns. The one place where an event becomes something to query."""

from typing import Any

from pipeline import events as e
from pipeline.record.uuids import as_uuid, as_uuid_or_none

Row = dict[str, Any]


def fact(event: e.Event) -> tuple[str, Row]:
    """(table, row) of one event; the writer adds its local day, and `balcao_id` and `cliente_codigo` of its session."""
    table, row = _FACTS[type(event)](event)
    return table, row


def _client(event: e.ClientRegistered) -> tuple[str, Row]:
    return "clientes", {"cliente_codigo": event.cliente_codigo, "razao_social": event.razao_social, "em": event.at}


def _counter(event: e.CounterRegistered) -> tuple[str, Row]:
    return "balcoes", {
        "balcao_id": event.balcao_id,
        "cliente_codigo": event.cliente_codigo,
        "nome_balcao": event.nome_balcao,
        "evento": "criado",
        "em": event.at,
    }


def _revoked(event: e.CounterRevoked) -> tuple[str, Row]:
    return "balcoes", {"balcao_id": event.balcao_id, "evento": "revogado", "em": event.at}


def _notice(event: e.CounterNoticeSet) -> tuple[str, Row]:
    kind = "aviso_lgpd" if event.shown else "sem_aviso_lgpd"
    return "balcoes", {"balcao_id": event.balcao_id, "evento": kind, "em": event.at}


def _started(event: e.SessionStarted) -> tuple[str, Row]:
    return "sessoes", {
        "sessao_id": as_uuid(event.session_id),
        "balcao_id": event.balcao_id,
        "cliente_codigo": event.cliente_codigo,
        "evento": "inicio",
        "em": event.at,
        "replica": event.replica,
        "versao_protocolo": event.protocol_version,
    }


def _ended(event: e.SessionEnded) -> tuple[str, Row]:
    return "sessoes", {
        "sessao_id": as_uuid(event.session_id),
        "evento": "fim",
        "em": event.at,
        "motivo": event.reason,
        "codigo_fechamento": event.close_code,
        "audio_recebido_s": event.received_s,
        "audio_encaminhado_s": event.forwarded_s,
        "audio_descartado_s": event.discarded_s,
    }


def _utterance(event: e.UtteranceHeard) -> tuple[str, Row]:
    return "segmentos", {
        "segmento_id": as_uuid_or_none(event.utterance_id),
        "sessao_id": as_uuid(event.session_id),
        "conversa_id": event.conversation_id,
        "em": event.at,
        "amostra_inicial": event.start_sample,
        "amostra_final": event.end_sample,
        "audio_recebido_s": event.received_s,
        "audio_encaminhado_s": event.forwarded_s,
        "audio_descartado_s": event.discarded_s,
        "continua": event.continues,
        "silencio_fechamento_ms": event.closing_silence_ms,
        "portao_ms": event.gate_ms,
        "ruido_dbfs": event.noise_dbfs,
        "voz_dbfs": event.speech_dbfs,
        "snr_db": event.snr_db,
        "fracao_saturada": event.clipped_fraction,
        "desvio_dc_fracao": event.dc_offset,
        "motor": event.engine,
    }


def _call(event: e.ProviderCalled) -> tuple[str, Row]:
    return "chamadas", {
        "chamada_id": as_uuid(event.call_id),
        "sessao_id": as_uuid_or_none(event.session_id),
        "segmento_id": as_uuid_or_none(event.utterance_id),
        "interacao_id": as_uuid_or_none(event.interaction_id),
        "em": event.at,
        "tipo": event.role.value,
        "provedor": event.provider,
        "modelo": event.model,
        "tentativa": event.attempt,
        "situacao": event.outcome,
        "http_status": event.http_status,
        "latencia_ms": event.latency_ms,
        "tokens_entrada": event.tokens_in,
        "tokens_cache": event.tokens_cached,
        "tokens_saida": event.tokens_out,
        "audio_s": event.audio_s,
        "custo_usd": event.cost_usd,
        "preco_versao": event.price_version,
        "pedido_provedor": event.request_id,
        "erro": event.error,
    }


def _transcribed(event: e.Transcribed) -> tuple[str, Row]:
    return "transcricoes", {
        "transcricao_id": as_uuid(event.transcription_id),
        "segmento_id": as_uuid(event.utterance_id),
        "sessao_id": as_uuid(event.session_id),
        "conversa_id": event.conversation_id,
        "em": event.at,
        "provedor": event.provider,
        "modelo": event.model,
        "idioma": event.language,
        "confianca": event.confidence,
        "n_palavras": event.words,
        "n_caracteres": len(event.text),
        "n_removidos": len(event.removed),
        "latencia_ms": event.latency_ms,
        "falha": event.failure,
    }


def _decided(event: e.Decided) -> tuple[str, Row]:
    return "interacoes", {
        "interacao_id": as_uuid(event.interaction_id),
        "sessao_id": as_uuid(event.session_id),
        "conversa_id": event.conversation_id,
        "segmento_id": as_uuid_or_none(event.utterance_id),
        "em": event.at,
        "situacao": event.outcome.value,
        "motivo": event.reason,
        "motor": event.engine,
        "modelo": event.model,
        "catalogo_versao": event.catalogue_version,
        "regras_versao": event.rules_version,
        "mensagem": event.message,
        "sintomas": list(event.symptoms),
        "n_evidencias": len(event.evidence),
        **_stages(event.latency),
    }


def _stages(latency: e.LatencyBreakdown) -> Row:
    return {
        "silencio_ms": latency.closing_silence_ms,
        "portao_ms": latency.gate_tick_ms,
        "transcricao_ms": latency.transcription_ms,
        "espera_ms": latency.ask_wait_ms,
        "recomendacao_ms": latency.recommendation_ms,
    }


def _shown(event: e.Shown) -> tuple[str, Row]:
    return "exibicoes", {
        "interacao_id": as_uuid(event.interaction_id),
        "sessao_id": as_uuid(event.session_id),
        "em": event.at,
        **_stages(event.latency),
        "registro_ms": event.latency.record_ms,
        "envio_ms": event.latency.write_ms,
        "total_ms": event.latency.total_ms,
        "proprio_ms": event.latency.own_ms,
    }


def _suggested(event: e.ProductSuggested) -> tuple[str, Row]:
    return "sugestoes", {
        "recomendacao_id": as_uuid(event.recommendation_id),
        "interacao_id": as_uuid(event.interaction_id),
        "sessao_id": as_uuid(event.session_id),
        "em": event.at,
        "posicao": event.position,
        "sku": event.sku,
        "produto": event.produto,
    }


def _feedback(event: e.FeedbackGiven) -> tuple[str, Row]:
    return "desfechos", {
        "interacao_id": as_uuid(event.interaction_id),
        "sessao_id": as_uuid(event.session_id),
        "em": event.at,
        "resultado": event.resultado,
    }


def _error(event: e.ErrorNoted) -> tuple[str, Row]:
    return "erros", {
        "erro_id": as_uuid(event.error_id),
        "sessao_id": as_uuid_or_none(event.session_id),
        "segmento_id": as_uuid_or_none(event.utterance_id),
        "em": event.at,
        "componente": event.component,
        "tipo": event.kind,
        "mensagem": event.message,
        "fatal": event.fatal,
        "alerta": event.alert,
    }


_FACTS: dict[type[Any], Any] = {
    e.ClientRegistered: _client,
    e.CounterRegistered: _counter,
    e.CounterRevoked: _revoked,
    e.CounterNoticeSet: _notice,
    e.SessionStarted: _started,
    e.SessionEnded: _ended,
    e.UtteranceHeard: _utterance,
    e.ProviderCalled: _call,
    e.Transcribed: _transcribed,
    e.Decided: _decided,
    e.Shown: _shown,
    e.ProductSuggested: _suggested,
    e.FeedbackGiven: _feedback,
    e.ErrorNoted: _error,
}
