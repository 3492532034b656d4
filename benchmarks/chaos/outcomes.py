"""What the record says became of every utterance and every question of a run."""

from collections.abc import Iterator
from dataclasses import dataclass

import duckdb


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcomes:
    sent_s: float  # audio, by the counters' own count
    recorded_s: float
    utterances: int
    with_text: int
    nothing_said: int  # transcribed, and no word in it
    failed: dict[str, int]  # recorded reason -> utterances
    questions: dict[str, int]  # outcome -> interactions
    calls: dict[str, int]  # outcome -> attempts
    requests: int  # that the emulators had
    faults: int  # of them

    @property
    def lost(self) -> int:
        """Without text and without a reason."""
        return self.utterances - self.with_text - self.nothing_said - sum(self.failed.values())

    def figures(self) -> Iterator[tuple[str, float]]:
        yield "requests", self.requests
        yield "faults_played", self.faults
        yield "audio_sent_s", round(self.sent_s, 1)
        yield "audio_recorded_s", round(self.recorded_s, 1)
        yield "utterances", self.utterances
        yield "utterances_with_text", self.with_text
        yield "utterances_nothing_said", self.nothing_said
        yield from ((f"utterances_failed_{reason}", count) for reason, count in sorted(self.failed.items()))
        yield "utterances_lost_without_reason", self.lost
        yield from ((f"questions_{outcome}", count) for outcome, count in sorted(self.questions.items()))
        yield from ((f"calls_{outcome}", count) for outcome, count in sorted(self.calls.items()))


def outcomes(record: duckdb.DuckDBPyConnection, sent_s: float, requests: int, faults: int) -> Outcomes:
    def counts(sql: str) -> dict[str, int]:
        return {str(name): int(count) for name, count in record.execute(sql).fetchall()}

    def number(sql: str) -> float:
        found = record.execute(sql).fetchone()
        return float(found[0] or 0) if found else 0.0

    ended = counts("""
        SELECT CASE WHEN falha IS NOT NULL THEN falha WHEN n_palavras > 0 THEN '' ELSE '-' END, count(*)
        FROM fatos.segmentos JOIN fatos.transcricoes USING (segmento_id) GROUP BY 1""")
    return Outcomes(
        sent_s=sent_s,
        recorded_s=number("SELECT sum(audio_encaminhado_s + audio_descartado_s) FROM fatos.segmentos"),
        utterances=int(number("SELECT count(DISTINCT segmento_id) FROM fatos.segmentos")),
        with_text=ended.pop("", 0),
        nothing_said=ended.pop("-", 0),
        failed=ended,
        questions=counts("SELECT situacao, count(*) FROM fatos.interacoes GROUP BY 1"),
        calls=counts("SELECT situacao, count(*) FROM fatos.chamadas GROUP BY 1"),
        requests=requests,
        faults=faults,
    )
