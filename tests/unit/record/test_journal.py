"""The journal: what comes back of it, whole or damaged."""

from pathlib import Path

import pytest

from pipeline.events import ErrorNoted
from pipeline.record.batch import Batch
from pipeline.record.journal import Journal
from tests.unit.record.conftest import batch


def sent(number: int) -> Batch:
    return batch("o1", number, [ErrorNoted(component="t", kind="k", message=str(number))])


@pytest.fixture
def written(tmp_path: Path) -> Path:
    journal = Journal(tmp_path)
    for number in (1, 2, 3):
        journal.append(sent(number))
    journal.close()
    return next(tmp_path.glob("*.batches"))


def kept(path: Path) -> list[int]:
    return [found.first_seq for found in Journal(path.parent).batches()]


def test_what_was_written_comes_back(written: Path) -> None:
    found = list(Journal(written.parent).batches())
    assert [one.first_seq for one in found] == [1, 2, 3]
    assert found[0].payload


def test_a_torn_end_is_passed_over(written: Path) -> None:
    written.write_bytes(written.read_bytes()[:-10])
    assert kept(written) == [1, 2]


def test_a_flipped_batch_is_passed_over(written: Path) -> None:
    """Its rows would be read as what they are not."""
    data = bytearray(written.read_bytes())
    data[len(data) // 2] ^= 0xFF
    written.write_bytes(data)
    assert kept(written) == [1, 3]


@pytest.mark.parametrize("head", [b"o1 1 1 5\nabcde", b"o1 um 1 5 0\nabcde", b"\xff\xfe\n", b"\n"])
def test_what_is_no_batch_ends_the_reading(written: Path, head: bytes) -> None:
    written.write_bytes(written.read_bytes() + head)
    assert kept(written) == [1, 2, 3]
