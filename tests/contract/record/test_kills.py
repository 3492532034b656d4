"""What was acknowledged is there, once, however often processes are killed. `make bench-record` does it 100 times."""

from pathlib import Path

from benchmarks.record import kills


def test_nothing_acknowledged_is_lost_or_doubled(tmp_path: Path) -> None:
    counted = kills.run(6, tmp_path, seed=7)
    assert counted["acked_rows"] > 0
    assert counted["acked_rows_lost"] == 0
    assert counted["duplicated_rows"] == 0
