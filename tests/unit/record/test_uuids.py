"""Ids as the tables have them: no event is refused for the shape of one."""

from uuid import UUID

from pipeline.ids import new_id
from pipeline.record.uuids import as_uuid, as_uuid_or_none


def test_an_id_of_ours_stays_as_it_is() -> None:
    own = new_id()
    assert as_uuid(own) == own


def test_another_way_to_write_a_uuid_is_the_same_id() -> None:
    assert as_uuid("{6F1C0F0E5A404F3C9D0A5B0A6F6B8A10}") == "6f1c0f0e-5a40-4f3c-9d0a-5b0a6f6b8a10"


def test_any_other_text_has_a_uuid_of_its_own_that_stays() -> None:
    assert as_uuid("pedido 7") == as_uuid("pedido 7") != as_uuid("pedido 8")
    assert UUID(as_uuid("pedido 7")).version == 5


def test_no_id_is_none() -> None:
    assert as_uuid_or_none(None) is None
    assert as_uuid_or_none("pedido 7") == as_uuid("pedido 7")
