"""What a chaos run counts as lost."""

import duckdb

from benchmarks.chaos.outcomes import outcomes

RECORD = """
    CREATE SCHEMA fatos;
    CREATE TABLE fatos.segmentos AS FROM (VALUES
        ('a', 3.0, 1.0), ('b', 2.0, 0.5), ('c', 2.0, 0.0), ('d', 1.0, 0.0), ('e', 1.0, 0.0), (NULL, 0.0, 9.5)
    ) rows(segmento_id, audio_encaminhado_s, audio_descartado_s);
    CREATE TABLE fatos.transcricoes AS FROM (VALUES
        ('a', NULL, 4), ('b', 'prazo', 0), ('c', NULL, 0), ('d', 'prazo', 0)
    ) rows(segmento_id, falha, n_palavras);
    CREATE TABLE fatos.interacoes AS FROM (VALUES ('sugerida'), ('silencio'), ('silencio')) rows(situacao);
    CREATE TABLE fatos.chamadas AS FROM (VALUES ('ok'), ('prazo')) rows(situacao);
"""


def test_an_utterance_without_text_and_without_reason_is_lost() -> None:
    with duckdb.connect() as record:
        record.execute(RECORD)
        had = outcomes(record, sent_s=20.0, requests=10, faults=2)
    assert (had.utterances, had.with_text, had.nothing_said, had.failed, had.lost) == (5, 1, 1, {"prazo": 2}, 1)
    assert had.recorded_s == 20.0
    figures = dict(had.figures())
    assert figures["utterances_lost_without_reason"] == 1
    assert figures["utterances_failed_prazo"] == 2
    assert figures["questions_silencio"] == 2
