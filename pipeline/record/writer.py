"""The one thread that writes: deliveries that wait together share a transaction; other work runs between them."""

import logging
import queue
import threading
from collections.abc import Callable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any, TypeVar

import duckdb

from pipeline.record.batch import Batch, unpack
from pipeline.record.errors import CommitFailed, RecordError, WriterClosed
from pipeline.record.facts import Facts
from pipeline.record.journal import Journal
from pipeline.record.texts import Texts

log = logging.getLogger(__name__)
T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Stores:
    """What the writer writes to, as opened; replaced whole when the files have to be reopened."""

    facts: Facts
    texts: Texts


@dataclass(frozen=True, slots=True)
class _Delivery:
    batch: Batch
    done: "Future[int]"


@dataclass(frozen=True, slots=True)
class _Job:
    work: Callable[[], Any]
    done: "Future[Any]"


class Writer:
    """`open_stores` is called on the writer's thread at the start and after a failure that cost the connection."""

    def __init__(self, open_stores: Callable[[], Stores], journal: Journal, *, group_batches: int) -> None:
        self._open_stores = open_stores
        self._journal = journal
        self._group_batches = group_batches
        self._queue: queue.SimpleQueue[_Delivery | _Job | None] = queue.SimpleQueue()
        self._texts_thread = ThreadPoolExecutor(1, thread_name_prefix="record-texts")
        self._closed = False
        self.stores = open_stores()
        # Transactions of events, known or erased ones too: a publication is due, which ends the journal that has them.
        self.commits = 0
        self._thread = threading.Thread(target=self._run, name="record-writer", daemon=True)
        self._thread.start()

    def submit(self, batch: Batch) -> "Future[int]":
        """Commit a batch; the future gives the origin's acknowledged sequence number, or raises CommitFailed."""
        done: Future[int] = Future()
        self._put(_Delivery(batch, done))
        return done

    def run(self, work: Callable[[], T]) -> "Future[T]":
        """Run something between transactions, on the writer's thread."""
        done: Future[T] = Future()
        self._put(_Job(work, done))
        return done

    def _put(self, item: _Delivery | _Job) -> None:
        if self._closed:
            raise WriterClosed("the recorder is closing; deliver again when it is back")
        self._queue.put(item)

    def close(self) -> None:
        """Finish what was taken, then end the thread."""
        self._closed = True
        self._queue.put(None)
        self._thread.join()
        self._texts_thread.shutdown()
        self._journal.close()

    def _run(self) -> None:
        held: _Delivery | _Job | None = None
        while True:
            item = held or self._queue.get()
            held = None
            if item is None:
                return
            if isinstance(item, _Job):
                if not _answer(item.done, item.work):
                    self._reopen_if_lost()
                continue
            group, held, ended = self._gather(item)
            self._commit(group)
            if ended:
                return

    def _gather(self, first: _Delivery) -> tuple[list[_Delivery], _Job | None, bool]:
        """Deliveries already waiting, up to the first job or the end; each origin's stay in order."""
        group = [first]
        while len(group) < self._group_batches:
            try:
                item = self._queue.get_nowait()
            except queue.Empty:
                break
            if item is None:
                return group, None, True
            if isinstance(item, _Job):
                return group, item, False
            group.append(item)
        return group, None, False

    def _commit(self, group: Sequence[_Delivery]) -> None:
        try:
            batches = [delivery.batch for delivery in group]
            self.commit_now(batches)
        except Exception as error:  # answered to whoever delivered; the writer goes on
            failure = _understood(error)
            log.error("%s", failure)
            for delivery in group:
                delivery.done.set_exception(failure)
            self._reopen_if_lost()
            return
        for delivery in group:
            delivery.done.set_result(max(delivery.batch.last_seq, self.stores.facts.ledger.seq(delivery.batch.origin)))

    def commit_now(self, batches: Sequence[Batch], *, journal: bool = True) -> int:
        """Commit on the calling thread, which must be the writer's. Returns how many facts were new."""
        received = [unpack(batch) for batch in batches]
        if journal:
            self._write_journal(batches)
        texts = self._texts_thread.submit(self.stores.texts.commit, received)  # two files, one wait for the disk
        try:
            new = self.stores.facts.commit(received)
        finally:
            texts.exception()  # wait for it: both halves are settled before anything else happens
        texts.result()
        self.commits += any(batch.tables for batch in received)
        return new

    def _write_journal(self, batches: Sequence[Batch]) -> None:
        try:
            for batch in batches:
                self._journal.append(batch)
        except OSError as error:
            log.error("the journal cannot be written (%s); free space on the data volume", error.strerror)

    def _reopen_if_lost(self) -> None:
        """After a full disk DuckDB may refuse everything until the file is opened again."""
        try:
            self.stores.facts.con.execute("SELECT 1 FROM bruto.lotes LIMIT 1").fetchall()
            self.stores.texts.con.execute("SELECT 1 FROM lotes LIMIT 1").fetchall()
        except duckdb.Error:
            try:
                self.stores = self._open_stores()
            except Exception as error:  # the writer goes on: what comes next is refused, and tries this again
                log.error("the database cannot be reopened yet: %s", error)


def _answer(done: "Future[Any]", work: Callable[[], Any]) -> bool:
    """Whether it went well."""
    try:
        done.set_result(work())
    except BaseException as error:  # the caller's to handle
        done.set_exception(error)
        return False
    return True


def _understood(error: Exception) -> RecordError:
    if isinstance(error, RecordError):
        return error
    text = str(error).splitlines()[0] if str(error) else type(error).__name__
    return CommitFailed(f"the database refused a batch ({text}); it stays in the spool and is sent again")
