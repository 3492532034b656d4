"""The courier with a writer that answers, stalls, fails and comes back."""

import asyncio
import os
from collections.abc import AsyncIterator, Callable
from pathlib import Path

import pytest

from configs.record import RecordSettings
from pipeline.events import ErrorNoted, Event
from pipeline.record.batch import Batch
from pipeline.record.courier import Courier
from pipeline.record.errors import SpoolError
from pipeline.record.segment import lines_after
from pipeline.record.spool import AbandonedSpool, Spool
from tests.unit.record.conftest import messages

FAST = RecordSettings(
    write_every_ms=0, deliver_every_ms=0, retry_first_s=0.01, retry_longest_s=0.02, orphan_scan_s=0.02
)


def event(message: str) -> Event:
    return ErrorNoted(component="t", kind="k", message=message)


class FakeWriter:
    """Keeps what it is given, once; can be told to fail or to hang."""

    def __init__(self) -> None:
        self.seqs: dict[str, int] = {}
        self.messages: list[str] = []
        self.away = False
        self.hangs = asyncio.Event()
        self.hangs.set()
        self.calls = 0

    async def __call__(self, batch: Batch) -> int:
        self.calls += 1
        if self.away:
            raise ConnectionError("gone")
        await self.hangs.wait()
        self.messages += messages(batch, after_seq=self.seqs.get(batch.origin, 0))
        self.seqs[batch.origin] = max(batch.last_seq, self.seqs.get(batch.origin, 0))
        return self.seqs[batch.origin]


@pytest.fixture
def writer() -> FakeWriter:
    return FakeWriter()


@pytest.fixture
async def courier(tmp_path: Path, writer: FakeWriter) -> AsyncIterator[Courier]:
    courier = Courier(Spool(tmp_path, "o1"), writer, FAST)
    yield courier
    await courier.aclose()


async def until(condition: Callable[[], bool]) -> None:
    async with asyncio.timeout(10):
        while not condition():
            await asyncio.sleep(0.005)


async def test_what_is_recorded_is_delivered_and_the_spool_is_empty(
    courier: Courier, writer: FakeWriter, tmp_path: Path
) -> None:
    await courier.record([event("1"), event("2")])
    await until(lambda: list(lines_after(tmp_path / "o1", 0)) == [])
    assert writer.messages == ["1", "2"]


async def test_recorded_means_synced_and_the_writer_is_not_waited_for(
    courier: Courier, writer: FakeWriter, monkeypatch: pytest.MonkeyPatch
) -> None:
    writer.hangs.clear()
    synced: list[int] = []
    real = os.fdatasync

    def fdatasync(fd: int) -> None:
        real(fd)
        synced.append(os.fstat(fd).st_size)

    monkeypatch.setattr("pipeline.record.segment.os.fdatasync", fdatasync)
    await courier.record([event("1")])
    assert len(synced) == 1
    assert writer.messages == []
    writer.hangs.set()
    await until(lambda: writer.messages == ["1"])


async def test_notes_and_records_keep_their_order(courier: Courier, writer: FakeWriter) -> None:
    courier.note([event("1")])
    courier.note([event("2")])
    await courier.record([event("3")])
    await until(lambda: len(writer.messages) == 3)
    assert writer.messages == ["1", "2", "3"]


async def test_notes_gather_before_the_writer_is_asked(tmp_path: Path, writer: FakeWriter) -> None:
    gathers_long = FAST.model_copy(update={"deliver_every_ms": 60_000})
    courier = Courier(Spool(tmp_path, "o1"), writer, gathers_long)
    for number in range(20):
        courier.note([event(str(number))])
        await asyncio.sleep(0)
    await courier.record([event("20")])
    assert writer.calls == 0
    await courier.aclose()  # does not wait for the rest of the minute
    assert writer.messages == [str(number) for number in range(21)]
    assert writer.calls == 1


async def test_many_at_once_share_deliveries(courier: Courier, writer: FakeWriter) -> None:
    await asyncio.gather(*(courier.record([event(str(n))]) for n in range(200)))
    await until(lambda: len(writer.messages) == 200)
    assert sorted(writer.messages, key=int) == [str(n) for n in range(200)]
    assert writer.calls < 100


async def test_with_the_writer_away_recorded_means_spooled(
    courier: Courier, writer: FakeWriter, tmp_path: Path
) -> None:
    writer.away = True
    await courier.record([event("1")])
    await courier.record([event("2")])
    assert writer.messages == []
    await until(lambda: courier.writer_away)
    assert b'"2"' in next((tmp_path / "o1").glob("*.jsonl")).read_bytes()
    writer.away = False
    await until(lambda: writer.messages == ["1", "2"])
    await until(lambda: not courier.writer_away)


async def test_closing_delivers_what_was_only_noted_at_once(tmp_path: Path, writer: FakeWriter) -> None:
    patient = FAST.model_copy(update={"write_every_ms": 60_000, "deliver_every_ms": 60_000})
    courier = Courier(Spool(tmp_path, "o1"), writer, patient)
    courier.note([event("1")])
    await asyncio.wait_for(courier.aclose(), FAST.spool_timeout_s)
    assert writer.messages == ["1"]
    assert not os.listdir(tmp_path)


async def test_what_could_not_be_delivered_is_taken_over(tmp_path: Path, writer: FakeWriter) -> None:
    writer.away = True
    first = Courier(Spool(tmp_path, "o1"), writer, FAST)
    await first.record([event("1")])
    await first.aclose()
    writer.away = False
    second = Courier(Spool(tmp_path, "o2"), writer, FAST)
    await until(lambda: writer.seqs.get("o1") == 1)
    await until(lambda: not (tmp_path / "o1").exists())
    await second.aclose()
    assert writer.messages == ["1"]


async def test_a_spool_that_cannot_be_read_once_is_read_again(
    tmp_path: Path, writer: FakeWriter, monkeypatch: pytest.MonkeyPatch
) -> None:
    spool = Spool(tmp_path, "o1")
    real, failures = spool.read, [OSError("input/output error")]

    def read(after_seq: int, most_bytes: int) -> Batch | None:
        if failures:
            raise failures.pop()
        return real(after_seq, most_bytes)

    monkeypatch.setattr(spool, "read", read)
    courier = Courier(spool, writer, FAST)
    await courier.record([event("1")])
    await until(lambda: bool(writer.messages))
    await courier.aclose()
    assert (writer.messages, failures) == (["1"], [])


async def test_a_dead_process_s_spool_that_cannot_be_read_once_is_read_again(
    tmp_path: Path, writer: FakeWriter, monkeypatch: pytest.MonkeyPatch
) -> None:
    left = Spool(tmp_path, "dead")
    left.append([event("1")])
    left.close()
    real, failures = AbandonedSpool.read, [OSError("input/output error")]

    def read(self: AbandonedSpool, after_seq: int, most_bytes: int) -> Batch | None:
        if failures:
            raise failures.pop()
        return real(self, after_seq, most_bytes)

    monkeypatch.setattr(AbandonedSpool, "read", read)
    courier = Courier(Spool(tmp_path, "o1"), writer, FAST)
    await until(lambda: bool(writer.messages))
    await courier.aclose()
    assert (writer.messages, failures) == (["1"], [])


async def test_neither_writer_nor_disk_is_an_error(
    tmp_path: Path, writer: FakeWriter, monkeypatch: pytest.MonkeyPatch
) -> None:
    writer.away = True
    spool = Spool(tmp_path, "o1")
    courier = Courier(spool, writer, FAST.model_copy(update={"spool_timeout_s": 0.1}))

    def fails() -> int:
        raise SpoolError("no disk")

    with monkeypatch.context() as patched:
        patched.setattr(spool, "write", fails)
        patched.setattr(spool, "sync", fails)
        with pytest.raises(SpoolError, match="neither the spool .* nor the recorder"):
            await courier.record([event("1")])
    await courier.aclose()


async def test_a_closed_courier_refuses_records_and_counts_notes(tmp_path: Path, writer: FakeWriter) -> None:
    courier = Courier(Spool(tmp_path, "o1"), writer, FAST)
    await courier.aclose()
    courier.note([event("1")])
    assert courier.lost_events == 1
    with pytest.raises(SpoolError, match="closed"):
        await courier.record([event("1")])
