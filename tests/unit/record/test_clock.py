"""A clock that leaps must not empty the record."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from pipeline.ids import new_id
from pipeline.record.clock import PurgeClock
from pipeline.record.service import RecordService
from tests.unit.record.conftest import batch, days_ago, published

Open = Callable[..., RecordService]
NOW = datetime(2026, 11, 1, 12, tzinfo=UTC)
SESSIONS = "SELECT count(DISTINCT sessao_id) FROM fatos.sessoes"


@pytest.fixture
def clock(tmp_path: Path) -> PurgeClock:
    return PurgeClock(tmp_path / "ultima-limpeza", 30)


def test_a_clock_is_trusted_up_to_so_many_days_after_the_last_purge(clock: PurgeClock) -> None:
    clock.purged(NOW)
    assert clock.distrust(NOW + timedelta(days=30)) is None
    doubt = clock.distrust(NOW + timedelta(days=1000))
    assert doubt is not None
    assert "2029-07-28, 1000 days after the last purge" in doubt
    assert "purge_gap_days to 1001" in doubt


def test_a_clock_that_was_behind_and_is_right_again_is_trusted(clock: PurgeClock) -> None:
    clock.purged(NOW)
    behind = datetime(1970, 1, 1, tzinfo=UTC)
    assert clock.distrust(behind) is None
    clock.purged(behind)
    assert clock.distrust(NOW + timedelta(days=1)) is None


def test_the_first_note_is_kept(clock: PurgeClock) -> None:
    clock.begin(NOW)
    clock.begin(NOW + timedelta(days=1000))
    assert clock.distrust(NOW + timedelta(days=1000)) is not None


def test_a_torn_note_is_none(clock: PurgeClock, tmp_path: Path) -> None:
    (tmp_path / "ultima-limpeza").write_text("2026-1")
    assert clock.distrust(NOW) is None
    clock.begin(NOW)
    assert clock.distrust(NOW + timedelta(days=31)) is not None


def test_a_leap_of_years_purges_nothing_until_it_is_allowed(
    open_service: Open, data_dir: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """To the record it is the same whether the clock leapt ahead or the last purge was long ago."""
    service = open_service(facts_kept_days=30, texts_kept_days=30)
    old = new_id()
    service.commit(batch("o1", 1, days_ago(40, old)))
    note = data_dir / "gravador" / "ultima-limpeza"
    note.write_text((datetime.now(UTC) - timedelta(days=1000)).isoformat())
    service.tidy()
    assert published(data_dir, SESSIONS) == [(1,)]
    assert service.texts_of(old)
    assert "1000 days after the last purge" in caplog.text
    service.close()
    service = open_service(facts_kept_days=30, texts_kept_days=30, purge_gap_days=1001)
    service.tidy()
    assert published(data_dir, SESSIONS) == [(0,)]
    assert service.texts_of(old) == []
    service.close()
    service = open_service(facts_kept_days=30)
    service.commit(batch("o2", 1, days_ago(40)))
    service.tidy()
    assert published(data_dir, SESSIONS) == [(0,)]


def test_a_folder_without_a_note_is_held_against_its_newest_fact(open_service: Open, data_dir: Path) -> None:
    service = open_service()
    service.commit(batch("o1", 1, days_ago(40)))
    service.close()
    (data_dir / "gravador" / "ultima-limpeza").unlink()
    service = open_service(facts_kept_days=30)
    service.commit(batch("o2", 1, days_ago(0)))
    service.tidy()
    assert published(data_dir, SESSIONS) == [(2,)]
