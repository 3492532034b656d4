"""What runs beside the commits: publishing every few seconds, erasures, and the archive and purge once a day."""

import logging
import threading
import time
from collections.abc import Callable
from datetime import date, datetime, timedelta
from functools import partial
from typing import TypeVar
from zoneinfo import ZoneInfo

import duckdb

from configs.record import RecordSettings
from pipeline.record import erasure, requests
from pipeline.record.archive import Archive, manifest
from pipeline.record.erasure import ErasureReceipt, ErasureRequest
from pipeline.record.errors import ErasureError, RecordError, RemovalUnfinished
from pipeline.record.places import Places
from pipeline.record.publish import Publisher, PublishFailed
from pipeline.record.removal import Removal, Removed, Secrets
from pipeline.record.writer import Stores, Writer

log = logging.getLogger(__name__)
T = TypeVar("T")

_TICK_S = 0.5


class Housekeeping:
    """A thread of its own, from `start` to `stop`. One piece of work at a time, whoever asks for it."""

    def __init__(
        self, settings: RecordSettings, places: Places, writer: Writer, publisher: Publisher, secrets: Secrets
    ) -> None:
        self._settings = settings
        self._places = places
        self._writer = writer
        self._publisher = publisher
        self._archive = Archive(places.archive, settings)
        self._removal = Removal(settings, places, self._archive, secrets)
        self._timezone = ZoneInfo(settings.timezone)
        self._stopping = threading.Event()
        self._working = threading.RLock()
        self._published_commits = -1
        self._publish_at = 0.0
        self._tidy_at = time.monotonic() + settings.housekeeping_every_s
        self._tidied: date | None = None
        self._remove_at = 0.0
        self._resume = self.finish
        self._thread = threading.Thread(target=self._run, name="record-housekeeping", daemon=True)

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> None:
        """End the thread, then publish what it had not."""
        self._stopping.set()
        if self._thread.is_alive():
            self._thread.join()
        self._publish_if_changed()

    def _run(self) -> None:
        while not self._stopping.is_set():
            now = time.monotonic()
            if now >= self._publish_at:
                self._guarded(self._publish_if_changed)
                cost_s = self._publisher.last_cost_s
                pause_s = max(self._settings.publish_every_s, self._settings.publish_cost_factor * cost_s)
                self._publish_at = now + pause_s
            if now >= self._tidy_at:
                self._tidy_at = now + self._settings.housekeeping_every_s
                self._guarded(self._tidy_once_a_day)
            if now >= self._remove_at:
                self._guarded(self._resume_if_cut_short)
                self._guarded(self.answer_requests)
            self._stopping.wait(_TICK_S)

    def _guarded(self, work: Callable[[], None]) -> None:
        try:
            work()
        except RecordError as error:
            log.error("%s", error)
        except Exception:  # whatever one chore ran into, publishing and the other chores must go on
            log.exception("housekeeping failed; it is tried again")

    def take_up(self) -> None:
        """What an earlier start left unfinished, and what the settings no longer let stay. Before `start`.

        What there is no room for now does not keep the recorder from starting: it is tried again until there is.
        """
        self._resume = self._take_up
        try:
            self._take_up()
        except RemovalUnfinished as error:
            log.error("%s", error)

    def _resume_if_cut_short(self) -> None:
        with self._working:  # the mark of one that is being carried out is no sign of that
            if self._removal.cut_short:
                self._resume()

    def _take_up(self) -> None:
        works = [self._removal.begin_clock, self._removal.take_back]
        if self._removal.cut_short:
            works.append(self._purge)
        self._remove(*(partial(self._on_writer, work) for work in works))

    def finish(self) -> None:
        """Only what was left unfinished, by somebody without the chain's settings. Raises RemovalUnfinished."""
        self._remove()

    def _remove(self, *works: Callable[[], Removed]) -> None:
        """Raises RemovalUnfinished: the mark stays, and all of it is tried again later."""
        with self._working:
            try:
                self._remove_all(*works)
            except (duckdb.Error, OSError, PublishFailed) as error:
                retry_s = self._settings.removal_retry_s
                self._remove_at = time.monotonic() + retry_s
                raise RemovalUnfinished(
                    f"not all that was to be removed is gone yet ({' '.join(str(error).split())}); free space on the "
                    f"data volume: a running recorder then finishes it within {retry_s:g} s, and so does the next start"
                ) from error

    def _remove_all(self, *works: Callable[[], Removed]) -> None:
        """Rows go with `works`, one after the other, then their bytes: with the files, and with the copy."""
        removed = self._removal.begin()
        for work in works:
            removed |= work()
        for part in (Removed(texts=removed.texts), Removed(facts=removed.facts)):  # commits go on in between
            self._on_writer(partial(self._removal.rewrite, removed=part))
        if removed.facts or removed.texts:
            self.publish_now()
        self._removal.end()

    def _on_writer(self, work: Callable[[Stores], T]) -> T:
        return self._writer.run(lambda: work(self._writer.stores)).result()

    # --- publishing ---

    def publish_now(self) -> float:
        with self._working:
            commits = self._writer.commits
            named = self._writer.run(lambda: manifest(self._writer.stores.facts.con)).result()
            cost_s = self._publisher.publish()
            self._published_commits = commits
            self._archive.sweep(named)
            return cost_s

    def _publish_if_changed(self) -> None:
        if self._writer.commits != self._published_commits:
            self.publish_now()

    # --- once a day ---

    def _tidy_once_a_day(self) -> None:
        today = self._today
        if self._tidied != today:
            self.tidy()
            self._tidied = today

    def tidy(self) -> None:
        """Purge what was kept long enough, seal closed days, give the space back, publish. Commits go on in between."""
        self._remove(partial(self._on_writer, self._purge), self._seal_closed)

    def _purge(self, stores: Stores) -> Removed:
        return self._removal.purge(stores, self._today)

    def _seal_closed(self) -> Removed:
        closed = self._today - timedelta(days=self._settings.seal_after_days - 1)
        pending = self._on_writer(lambda stores: self._archive.pending_before(stores.facts.con, closed))
        for table, day in pending:
            self._on_writer(partial(self._seal, table=table, day=day))
        return Removed(facts=bool(pending))

    def _seal(self, stores: Stores, table: str, day: date) -> None:
        self._archive.seal(stores.facts.con, table, day)

    @property
    def _today(self) -> date:
        return datetime.now(self._timezone).date()

    # --- erasure ---

    def answer_requests(self) -> None:
        with self._working:
            requests.answer(self._places.requests, self.erase)

    def erase(self, request: ErasureRequest) -> ErasureReceipt:
        with self._working:
            planned = self._on_writer(partial(erasure.plan, request=request))
            if request.only_plan or not (planned.sessions or planned.left):
                return planned
            receipts: list[ErasureReceipt] = []

            def work() -> Removed:
                receipts.append(self._on_writer(partial(self._removal.erase, request=request)))
                return Removed(facts=True, texts=True)

            self._remove(work)  # publishing also ends the journal that still had the events
        if receipts[0].left:
            raise ErasureError(f"{receipts[0].left} rows, keys, texts or contacts were left; try again")
        return receipts[0]
