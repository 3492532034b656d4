"""What runs beside the commits: publishing every few seconds, erasures, and the archive and purge once a day."""

import logging
import threading
import time
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from functools import partial
from zoneinfo import ZoneInfo

import duckdb

from configs.record import RecordSettings
from pipeline.record import erasure, requests
from pipeline.record.archive import Archive, manifest
from pipeline.record.cipher import SessionKeys
from pipeline.record.compact import rewrite
from pipeline.record.database import STORAGE_VERSION
from pipeline.record.erasure import ErasureReceipt, ErasureRequest
from pipeline.record.errors import ErasureError, RecordError
from pipeline.record.places import Places
from pipeline.record.publish import Publisher
from pipeline.record.views import SEALED_TABLES
from pipeline.record.writer import Writer

log = logging.getLogger(__name__)

_TICK_S = 0.5
_ERRORS = ("erros",)
_FACTS = tuple(table for table in SEALED_TABLES if table not in _ERRORS)


class Housekeeping:
    """A thread of its own, from `start` to `stop`. One piece of work at a time, whoever asks for it."""

    def __init__(
        self, settings: RecordSettings, places: Places, writer: Writer, publisher: Publisher, keys: SessionKeys
    ) -> None:
        self._settings = settings
        self._places = places
        self._writer = writer
        self._publisher = publisher
        self._keys = keys
        self._archive = Archive(places.archive, settings)
        self._timezone = ZoneInfo(settings.timezone)
        self._stopping = threading.Event()
        self._working = threading.RLock()
        self._published_commits = -1
        self._publish_at = 0.0
        self._tidy_at = time.monotonic() + settings.housekeeping_every_s
        self._tidied: date | None = None
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
            self._guarded(lambda: requests.answer(self._places.requests, self.erase))
            self._stopping.wait(_TICK_S)

    def _guarded(self, work: Callable[[], None]) -> None:
        try:
            work()
        except RecordError as error:
            log.error("%s", error)
        except Exception:  # whatever one chore ran into, publishing and the other chores must go on
            log.exception("housekeeping failed; it is tried again")

    def take_back(self) -> None:
        """What an earlier start published and this one does not leaves the file that is copied. Before `start`."""
        self._writer.run(self._take_back).result()

    def _take_back(self) -> None:
        unfinished = self._places.unfinished
        taken_up = unfinished.exists()
        unfinished.touch()
        taken_back = erasure.move_reasons(self._writer.stores)
        if not self._settings.publish_texts:
            taken_back += erasure.unpublish_texts(self._facts)
        if taken_back or taken_up:
            self._rewrite_facts()
        unfinished.unlink()

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
        today = datetime.now(self._timezone).date()
        if self._tidied != today:
            self.tidy()
            self._tidied = today

    def tidy(self) -> None:
        """Purge what was kept long enough, seal closed days, give the space back, publish. Commits go on in between."""
        with self._working:
            today = datetime.now(self._timezone).date()
            self._places.remove_set_aside(self._texts_kept_from())
            texts = self._writer.run(self._purge_texts).result()
            rows = self._writer.run(lambda: self._purge_facts(today)).result()
            closed = today - timedelta(days=self._settings.seal_after_days - 1)
            pending = self._writer.run(lambda: self._archive.pending_before(self._facts, closed)).result()
            for table, day in pending:
                self._writer.run(partial(self._seal, table, day)).result()
            if texts:
                self._writer.run(self._rewrite_texts).result()
            if texts or rows or pending:
                self._writer.run(self._rewrite_facts).result()
            if texts or rows or pending:
                self.publish_now()

    @property
    def _facts(self) -> duckdb.DuckDBPyConnection:
        return self._writer.stores.facts.con

    def _seal(self, table: str, day: date) -> None:
        self._archive.seal(self._facts, table, day)

    def _texts_kept_from(self) -> datetime:
        return datetime.now(UTC) - timedelta(days=self._settings.texts_kept_days)

    def _purge_texts(self) -> int:
        oldest = self._texts_kept_from()
        return erasure.purge_texts(self._writer.stores.texts.con, oldest) + erasure.purge_published(self._facts, oldest)

    def _purge_facts(self, today: date) -> int:
        rows = 0
        for tables, days in ((_FACTS, self._settings.facts_kept_days), (_ERRORS, self._settings.errors_kept_days)):
            oldest = today - timedelta(days=days)
            rows += erasure.purge_facts(self._facts, tables, oldest)
            rows += self._archive.forget_before(self._facts, tables, oldest)
        return rows

    def _rewrite_facts(self) -> None:
        rewrite(self._facts, self._places.facts_db, "registro", STORAGE_VERSION)

    def _rewrite_texts(self) -> None:
        rewrite(self._writer.stores.texts.con, self._places.private_db, "privado", STORAGE_VERSION)

    # --- erasure ---

    def erase(self, request: ErasureRequest) -> ErasureReceipt:
        if request.only_plan:
            return self._writer.run(lambda: erasure.plan(self._writer.stores, request)).result()
        with self._working:
            receipt = self._writer.run(lambda: self._erase(request)).result()
            self.publish_now()  # also ends the journal that still had the events
        if receipt.rows_left or receipt.keys_left:
            raise ErasureError(f"{receipt.rows_left} rows and {receipt.keys_left} keys or texts were left; try again")
        return receipt

    def _erase(self, request: ErasureRequest) -> ErasureReceipt:
        stores, request_id = self._writer.stores, erasure.new_request_id()
        sessions = erasure.sessions_of(stores, request)
        if not sessions:
            return ErasureReceipt(request_id, 0, 0, 0, 0, 0, 0)
        at = datetime.now(UTC)
        rows, files = erasure.erase_facts(stores.facts.con, self._archive, request_id, sessions, at)
        texts = erasure.erase_texts(stores.texts.con, sessions)
        for session_id in sessions:
            self._keys.forget(session_id)
        stores.facts.erased(sessions)
        left = erasure.left_of(stores, sessions)
        receipt = ErasureReceipt(request_id, len(sessions), rows, texts, files, *left)
        erasure.note(stores, request, receipt, at)
        self._rewrite_facts()
        self._rewrite_texts()
        self._places.remove_set_aside()  # they hold what was erased, as it was
        return receipt
