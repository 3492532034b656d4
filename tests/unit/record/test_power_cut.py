"""A power cut, played: what the disk was not asked to keep is gone."""

import os
from pathlib import Path

import pytest

from configs.record import RecordSettings
from pipeline.events import ErrorNoted
from pipeline.record.batch import Batch
from pipeline.record.courier import Courier
from pipeline.record.segment import lines_after
from pipeline.record.spool import Spool
from pipeline.record.wire import decode_line


class ForgetfulDisk:
    """Remembers what each file held when it was synced, and which names were, and can lose the rest."""

    def __init__(self, patch: pytest.MonkeyPatch) -> None:
        self._kept: dict[str, bytes] = {}
        self._named: set[str] = set()
        self._datasync, self._fsync = os.fdatasync, os.fsync
        patch.setattr("pipeline.record.segment.os.fdatasync", self.fdatasync)
        patch.setattr("pipeline.record.segment.os.fsync", self.fsync)

    def fdatasync(self, fd: int) -> None:
        self._datasync(fd)
        path = os.readlink(f"/proc/self/fd/{fd}")
        self._kept[path] = Path(path).read_bytes()

    def fsync(self, fd: int) -> None:
        self._fsync(fd)
        folder = os.readlink(f"/proc/self/fd/{fd}")
        self._named |= {os.path.join(folder, name) for name in os.listdir(folder)}

    def cut(self, folder: Path) -> None:
        for path in folder.rglob("*.jsonl"):
            if str(path) in self._named:
                path.write_bytes(self._kept.get(str(path), b""))
            else:
                path.unlink()


async def nobody(batch: Batch) -> int:
    raise ConnectionError("the recorder is away")


def kept(folder: Path, kind: str) -> list[str]:
    found = (decode_line(line[:-1]) for _, line in lines_after(folder, 0))
    events = [line.event for line in found if line is not None]
    return [event.message for event in events if isinstance(event, ErrorNoted) and event.kind == kind]


async def test_what_was_recorded_outlives_a_power_cut(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    disk = ForgetfulDisk(monkeypatch)
    spool = Spool(tmp_path, "o1")
    courier = Courier(spool, nobody, RecordSettings(write_every_ms=0, deliver_every_ms=60_000))
    for number in range(40):
        courier.note([ErrorNoted(component="t", kind="noted", message=str(number))])
        if number % 3 == 0:
            await courier.record([ErrorNoted(component="t", kind="recorded", message=str(number))])
    disk.cut(tmp_path)
    assert kept(spool.folder, "recorded") == [str(number) for number in range(0, 40, 3)]
    await courier.aclose()


def test_a_file_is_synced_before_the_next_one_begins(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What waits for a sync may have been written, with others, to a file that is full by then."""
    disk = ForgetfulDisk(monkeypatch)
    spool = Spool(tmp_path, "o1", segment_bytes=100)
    for number in range(3):
        spool.append([ErrorNoted(component="t", kind="recorded", message=str(number))])
        spool.write()
    spool.sync()
    disk.cut(tmp_path)
    assert kept(spool.folder, "recorded") == ["0", "1", "2"]
    spool.close()
