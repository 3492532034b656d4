"""Events become rows where they happened: what a batch holds, and what it leaves out."""

from datetime import UTC, datetime

import pyarrow as pa
import pytest

from pipeline.events import Decided, ErrorNoted, InteractionOutcome, ProviderCalled, ProviderRole
from pipeline.ids import new_id
from pipeline.record.batch import join, pack, unpack
from pipeline.record.rows import TEXTS
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
