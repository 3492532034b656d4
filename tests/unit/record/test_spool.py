"""The spool alone: files, order, damage."""

from pathlib import Path

import pytest

from pipeline.events import ErrorNoted, Event
from pipeline.record.batch import Batch
from pipeline.record.errors import SpoolError
from pipeline.record.spool import AbandonedSpool, Spool, abandoned
from tests.unit.record import conftest


def events(count: int, first: int = 1) -> list[Event]:
    return [ErrorNoted(component="t", kind="k", message=str(n)) for n in range(first, first + count)]


def messages(batch: Batch | None) -> list[str]:
    assert batch is not None
    return conftest.messages(batch)


def files(spool: Spool) -> list[Path]:
    return sorted(spool.folder.glob("*.jsonl"))


def test_what_is_written_is_read_in_order_and_goes_when_acknowledged(tmp_path: Path) -> None:
    spool = Spool(tmp_path, "o1")
    assert spool.append(events(3)) == 3
    assert spool.read(0, 1 << 20) is None  # not in a file yet
    spool.write()
    assert messages(spool.read(0, 1 << 20)) == ["1", "2", "3"]
    assert messages(spool.read(2, 1 << 20)) == ["3"]
    spool.acknowledge(3)
    assert spool.read(3, 1 << 20) is None
    assert len(files(spool)) == 1  # kept to be used again
    assert files(spool)[0].read_bytes().strip(b"\0") == b""
    spool.close()
    assert list(tmp_path.iterdir()) == []


def test_a_batch_keeps_its_size_but_always_holds_one_event(tmp_path: Path) -> None:
    spool = Spool(tmp_path, "o1")
    spool.append(events(50))
    spool.sync()
    shortest = min(map(len, files(spool)[0].read_bytes().rstrip(b"\0").splitlines(keepends=True)))
    read, after = [], 0
    while (batch := spool.read(after, 1000)) is not None:
        assert 1 <= len(messages(batch)) <= 1000 // shortest
        read += messages(batch)
        after = batch.last_seq
    assert read == [str(n) for n in range(1, 51)]
    assert messages(spool.read(0, 1)) == ["1"]


def test_what_memory_let_go_is_read_from_disk(tmp_path: Path) -> None:
    spool = Spool(tmp_path, "o1", segment_bytes=2000, cache_bytes=500)
    for number in range(1, 41):
        spool.append(events(1, number))
        spool.write()
    assert len(files(spool)) > 3
    read, after = [], 0
    while (batch := spool.read(after, 1500)) is not None:
        read += messages(batch)
        after = batch.last_seq
        spool.acknowledge(after)
    assert read == [str(n) for n in range(1, 41)]
    assert [path.read_bytes().strip(b"\0") for path in files(spool)] == [b""]


def test_a_file_keeps_its_space_on_the_disk_while_it_is_used_again(tmp_path: Path) -> None:
    spool = Spool(tmp_path, "o1", segment_bytes=1 << 20)
    for number in range(1, 4):
        spool.append(events(1, number))
        spool.sync()
        assert files(spool)[0].stat().st_blocks * 512 >= 1 << 20
        spool.acknowledge(number)
    assert files(spool)[0].stat().st_blocks * 512 >= 1 << 20
    spool.close()


def test_where_no_space_can_be_reserved_it_is_taken_as_it_is_needed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(fd: int, offset: int, size: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("pipeline.record.segment.os.posix_fallocate", full)
    spool = Spool(tmp_path, "o1")
    spool.append(events(3))
    spool.sync()
    assert files(spool)[0].stat().st_size < 4096
    assert messages(spool.read(0, 1 << 20)) == ["1", "2", "3"]
    spool.close()


def test_a_full_file_gives_the_rest_of_its_space_back(tmp_path: Path) -> None:
    spool = Spool(tmp_path, "o1", segment_bytes=1 << 14)
    spool.append(events(100))
    spool.write()
    spool.append(events(1, 101))
    spool.write()
    full, begun = files(spool)
    assert full.stat().st_size == len(full.read_bytes().rstrip(b"\0"))
    assert begun.stat().st_size == 1 << 14
    spool.close()


def test_an_emptied_file_is_used_again_and_what_a_power_cut_left_in_it_is_not_read_twice(tmp_path: Path) -> None:
    spool = Spool(tmp_path, "o1")
    spool.append(events(3))
    spool.write()
    before = files(spool)[0].read_bytes().rstrip(b"\0")
    spool.acknowledge(3)
    spool.append(events(2, 4))
    spool.close()
    path = files(spool)[0]
    assert len(path.read_bytes().splitlines()) == 2
    path.write_bytes(path.read_bytes() + before)  # the emptying never reached the disk
    found = next(abandoned(tmp_path))
    read = found.read(0, 1 << 20)
    assert messages(read) == ["4", "5"]
    assert read is not None
    assert read.last_seq == 5
    found.close()


def test_a_living_process_s_spool_is_left_alone(tmp_path: Path) -> None:
    alive = Spool(tmp_path, "alive")
    assert list(abandoned(tmp_path)) == []
    alive.append(events(2))
    alive.close()
    found = Spool(tmp_path, "other").next_abandoned()
    assert found is not None
    assert (found.origin, messages(found.read(0, 1 << 20))) == ("alive", ["1", "2"])
    assert AbandonedSpool.claim(found.folder) is None  # claimed by one only
    found.discard()
    assert not (tmp_path / "alive").exists()


@pytest.mark.parametrize("damage", ["torn", "flipped", "garbage"])
def test_damaged_lines_are_passed_over(tmp_path: Path, damage: str) -> None:
    spool = Spool(tmp_path, "o1")
    spool.append(events(5))
    spool.close()
    path = next((tmp_path / "o1").glob("*.jsonl"))
    lines = path.read_bytes().splitlines(keepends=True)
    if damage == "torn":
        lines[4] = lines[4][:30]
    elif damage == "flipped":
        lines[4] = lines[4].replace(b"component", b"componant")
    else:
        lines[4] = b"\x00\xff not a line\n"
    path.write_bytes(b"".join(lines))
    found = next(abandoned(tmp_path))
    assert messages(found.read(0, 1 << 20)) == ["1", "2", "3", "4"]
    found.close()


def test_a_full_disk_is_said_and_overcome(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    import os

    spool = Spool(tmp_path, "o1")
    spool.append(events(1))
    spool.write()
    real = os.write

    def full(fd: int, data: bytes) -> int:
        real(fd, bytes(data)[:10])
        raise OSError(28, "No space left on device")

    spool.append(events(2, 2))
    with monkeypatch.context() as patched:
        patched.setattr("pipeline.record.segment.os.write", full)
        with pytest.raises(SpoolError, match="No space left on device; free space"):
            spool.write()
    spool.write()  # space again: nothing was lost, nothing is torn
    assert messages(spool.read(0, 1 << 20)) == ["1", "2", "3"]
    assert len(files(spool)[0].read_bytes().rstrip(b"\0").splitlines()) == 3


def test_a_full_file_that_cannot_be_cut_to_its_size_is_closed_all_the_same(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def read_only(fd: int, size: int) -> None:
        raise OSError(30, "Read-only file system")

    spool = Spool(tmp_path, "o1", segment_bytes=4096)
    with monkeypatch.context() as patched:
        patched.setattr("pipeline.record.segment.os.ftruncate", read_only)
        for number in range(1, 61):
            spool.append(events(1, number))
            spool.sync()
    assert len(files(spool)) > 1
    spool.close()
    found = next(abandoned(tmp_path))
    assert messages(found.read(0, 1 << 20)) == [str(n) for n in range(1, 61)]
    found.close()


class AppendsOnRelease:
    """A lock that another thread takes, to append, the moment it is let go."""

    def __init__(self, spool: Spool) -> None:
        self._lock = spool._guard
        self._append = lambda: spool.append(events(1, 2))
        self._waiting = True

    def __enter__(self) -> None:
        self._lock.acquire()

    def __exit__(self, *_: object) -> None:
        self._lock.release()
        if self._waiting:
            self._waiting = False
            self._append()


def test_what_is_appended_during_a_sync_is_not_said_to_be_synced(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    spool = Spool(tmp_path, "o1")
    spool.append(events(1))
    spool.write()
    with monkeypatch.context() as patched:
        patched.setattr(spool, "_guard", AppendsOnRelease(spool))
        assert spool.sync() == 1
    assert spool.sync() == 2
    spool.close()


def test_an_unwritable_folder_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(SpoolError, match="check the volume"):
        Spool(tmp_path / "file", "o1")
