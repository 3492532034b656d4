"""Who waits for the disk: together, told at once, tried again."""

import asyncio
from collections.abc import AsyncIterator, Callable
from concurrent.futures import Executor, Future
from pathlib import Path
from typing import Any

import pytest

from pipeline.events import ErrorNoted
from pipeline.record.errors import SpoolError
from pipeline.record.group_sync import GroupSync
from pipeline.record.spool import Spool

pytestmark = pytest.mark.virtual_time

RETRY_S = 5.0


class Disk(Executor):
    """Does what it was asked when the test says so."""

    def __init__(self) -> None:
        self.asked: list[tuple[Callable[[], Any], Future[Any]]] = []

    def submit(self, fn: Callable[..., Any], /, *args: Any, **kwargs: Any) -> "Future[Any]":
        asked: Future[Any] = Future()
        self.asked.append((fn, asked))
        return asked

    def work(self) -> None:
        fn, asked = self.asked.pop(0)
        try:
            asked.set_result(fn())
        except SpoolError as error:
            asked.set_exception(error)


class Waiting:
    def __init__(self, folder: Path) -> None:
        self.spool = Spool(folder, "o1")
        self.disk = Disk()
        self.told: list[int] = []
        self.sync = GroupSync(self.spool, self.told.append, self.disk, RETRY_S)

    def note(self) -> None:
        self.spool.append([ErrorNoted(component="t", kind="k", message="m")])


@pytest.fixture
async def waiting(tmp_path: Path) -> AsyncIterator[Waiting]:
    waiting = Waiting(tmp_path)
    yield waiting
    waiting.spool.close()


async def test_what_is_synced_is_told_in_the_next_turn_of_the_loop(waiting: Waiting) -> None:
    waiting.note()
    waiting.sync.want()
    waiting.disk.work()
    await asyncio.sleep(0)
    assert waiting.told == [1]
    assert not waiting.disk.asked


async def test_all_that_is_wanted_during_a_sync_is_in_the_next_one(waiting: Waiting) -> None:
    waiting.note()
    waiting.sync.want()
    for _ in range(3):
        waiting.note()
        waiting.sync.want()
    assert len(waiting.disk.asked) == 1
    waiting.disk.work()
    await asyncio.sleep(0)
    assert len(waiting.disk.asked) == 1
    waiting.disk.work()
    await asyncio.sleep(0)
    assert waiting.told[-1] == 4
    assert not waiting.disk.asked


async def test_one_that_fails_is_tried_again_later(waiting: Waiting, monkeypatch: pytest.MonkeyPatch) -> None:
    def fails() -> int:
        raise SpoolError("no disk")

    waiting.note()
    with monkeypatch.context() as patched:
        patched.setattr(waiting.spool, "sync", fails)
        waiting.sync.want()
        waiting.disk.work()
        await asyncio.sleep(RETRY_S / 2)
        waiting.sync.want()
        assert (waiting.told, waiting.disk.asked) == ([], [])
    await asyncio.sleep(RETRY_S)
    waiting.disk.work()
    await asyncio.sleep(0)
    assert waiting.told == [1]


async def test_once_closed_no_other_begins(waiting: Waiting) -> None:
    waiting.note()
    waiting.sync.want()
    waiting.sync.want()
    waiting.sync.close()
    waiting.disk.work()
    await asyncio.sleep(0)
    assert (waiting.told, waiting.disk.asked) == ([1], [])
