"""What of an event is sealed, and that nothing of it is among its facts."""

from pipeline.events import Event
from pipeline.ids import new_id
from pipeline.record.private_rows import TEXTS, private_texts
from pipeline.record.rows import fact
from tests.unit.record.conftest import SECRET, conversation


def owners(event: Event) -> list[str]:
    rows = list(private_texts(event))
    assert all(table == TEXTS and row["em"] == event.at for table, row in rows)
    return [row["dono"] for _, row in rows]


def test_what_was_said_and_written_about_a_customer_is_sealed_and_nothing_else() -> None:
    found = {type(event).__name__: owners(event) for event in conversation(new_id(), SECRET) if owners(event)}
    assert found == {
        "Transcribed": ["transcricao"],
        "Decided": ["base", "evidencia"],
        "ProductSuggested": ["explicacao"],
    }


def test_no_fact_holds_any_of_it() -> None:
    told = str([fact(event) for event in conversation(new_id(), SECRET)])
    assert SECRET not in told
    assert SECRET[-12:] not in told
