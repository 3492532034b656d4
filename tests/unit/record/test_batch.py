"""Events become rows where they happened: what a batch holds, and what it leaves out."""

from collections.abc import Callable
from datetime import UTC, datetime

import pyarrow as pa
import pytest

from pipeline.events import Decided, ErrorNoted, InteractionOutcome, ProviderCalled, ProviderRole, Transcribed
from pipeline.ids import new_id
from pipeline.record.batch import TYPES, join, pack, unpack
from pipeline.record.private_rows import TEXTS
from pipeline.record.service import RecordService
from pipeline.record.views import SEALED_TABLES
from pipeline.record.wire import encode
from tests.unit.record.conftest import batch, conversation, messages


def test_a_batch_has_every_event_s_row_in_order_and_its_texts_apart() -> None:
    received = unpack(batch("o1", 5, conversation(new_id(), "dor de cabeça")))
    assert (received.origin, received.last_seq) == ("o1", 11)
    assert [received.tables[name]["seq"].to_pylist() for name in ("sessoes", "segmentos", "interacoes")] == [
        [5], [6], [9]
    ]  # fmt: skip
    texts = received.tables[TEXTS].select(["dono", "texto"]).to_pylist()
    assert texts[0] == {"dono": "transcricao", "texto": "dor de cabeça"}
    facts = [rows for name, rows in received.tables.items() if name != TEXTS]
    assert "dor de cabeça" not in str([rows.to_pylist() for rows in facts])


def test_times_are_utc_to_the_microsecond() -> None:
    at = datetime(2026, 11, 25, 23, 59, 59, 123456, tzinfo=UTC)
    rows = unpack(batch("o1", 1, [ErrorNoted(component="t", kind="k", message="m", at=at)])).tables["erros"]
    assert rows["em"].type == pa.timestamp("us", tz="UTC")
    assert rows["em"].to_pylist() == [at]


def test_a_damaged_line_adds_no_row_and_its_number_is_covered() -> None:
    lines = [(seq, encode(seq, ErrorNoted(component="t", kind="k", message=str(seq)))) for seq in (1, 2, 3)]
    lines[2] = (3, lines[2][1].replace(b"component", b"componant"))
    found = pack("o1", lines)
    assert messages(found) == ["1", "2"]
    assert found.last_seq == 3
    assert unpack(pack("o1", lines[2:])).tables == {}


@pytest.mark.filterwarnings("ignore:Pydantic serializer warnings")
def test_a_value_of_the_wrong_type_stops_nothing() -> None:
    """A commit that can never succeed would hold back everything behind it."""
    wrong = ErrorNoted(component="t", kind="k", message={"not": "text"})  # type: ignore[arg-type]
    assert messages(batch("o1", 1, [wrong, ErrorNoted(component="t", kind="k", message="2")])) == ["2"]


def test_batches_of_several_origins_join_though_each_knows_other_values() -> None:
    """A column that is empty in one batch, or a list that is, has no type there."""
    call = {"role": ProviderRole.TRANSCRIBER, "provider": "p", "model": "m", "attempt": 1, "outcome": "ok"}
    calls = [
        ProviderCalled(**call, latency_ms=1.0),  # type: ignore[arg-type]
        ProviderCalled(**call, latency_ms=2.0, session_id=new_id(), http_status=200, audio_s=3.0),  # type: ignore[arg-type]
    ]
    joined = join([unpack(batch(f"o{n}", 1, [found])).tables["chamadas"] for n, found in enumerate(calls)])
    assert joined["http_status"].to_pylist() == [None, 200]
    assert "seq" not in joined.column_names
    ids = {"interaction_id": new_id(), "session_id": new_id(), "conversation_id": "c", "utterance_id": None}
    asked = [Decided(**ids, outcome=InteractionOutcome.SILENCE, symptoms=found) for found in ((), ("tosse",))]
    joined = join([unpack(batch(f"o{n}", 1, [found])).tables["interacoes"] for n, found in enumerate(asked)])
    assert joined["sintomas"].to_pylist() == [[], ["tosse"]]


def test_a_number_the_database_has_no_room_for_is_left_out_alone(caplog: pytest.LogCaptureFixture) -> None:
    calls = [
        ProviderCalled(
            role=ProviderRole.RECOMMENDER, provider="p", model="m", attempt=1, outcome="ok", latency_ms=1.0,
            tokens_in=tokens_in, http_status=http_status,
        )
        for tokens_in, http_status in ((10**30, 200), (3_000_000_000, 200), (5, 70_000), (7, 200))
    ]  # fmt: skip
    rows = unpack(batch("o1", 1, list(calls))).tables["chamadas"]
    assert rows["tokens_entrada"].to_pylist() == [7]
    assert rows["seq"].to_pylist() == [4]
    assert unpack(batch("o1", 1, list(calls[:1]))).tables == {}
    assert [record.message.partition(":")[0] for record in caplog.records] == ["a row of chamadas was not recorded"] * 4


def test_whole_numbers_are_as_wide_as_their_columns(open_service: Callable[..., RecordService]) -> None:
    sql = """
        SELECT DISTINCT column_name, data_type FROM duckdb_columns()
        WHERE schema_name = 'bruto' AND table_name IN (SELECT unnest(?))
          AND data_type IN ('SMALLINT', 'INTEGER', 'BIGINT')
    """
    found = open_service().run_on_writer(lambda con: dict(con.execute(sql, [list(SEALED_TABLES)]).fetchall()))
    widths = {"SMALLINT": pa.int16(), "INTEGER": pa.int32(), "BIGINT": pa.int64()}
    assert {name: widths[kind] for name, kind in found.items()} == {
        name: kind for name, kind in TYPES.items() if pa.types.is_integer(kind)
    }


def test_half_a_character_is_written_as_a_question_mark() -> None:
    heard = Transcribed(
        utterance_id=new_id(), session_id=new_id(), conversation_id="c", provider="p", model="m",
        text="dor \ud83d aqui", removed=("\udc00",),
    )  # fmt: skip
    texts = unpack(batch("o1", 1, [heard])).tables[TEXTS]["texto"].to_pylist()
    assert texts == ["dor ? aqui", "?"]
