"""Deleting so that no byte is left: what is erased, purged or taken back goes from tables, closed days and files.

A mark lies in the writer's folder from before the first row goes until the copy without it is published. Whoever
finds it there, a start or the next purge, writes both files anew: rows go in transactions, files by renaming, so
whatever a crash leaves behind it is the state before or the state after, and bytes that are then deleted.
"""

import logging
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta

from configs.record import RecordSettings
from pipeline.record import erasure, registry_store, retention
from pipeline.record.archive import Archive
from pipeline.record.cipher import SessionKeys
from pipeline.record.clock import PurgeClock
from pipeline.record.compact import rewrite
from pipeline.record.contacts import ContactSeal
from pipeline.record.database import STORAGE_VERSION
from pipeline.record.erasure import ErasureReceipt, ErasureRequest
from pipeline.record.places import Places
from pipeline.record.registry_log import RegistryLog
from pipeline.record.segment import sync_folder
from pipeline.record.views import SEALED_TABLES
from pipeline.record.writer import Stores

log = logging.getLogger(__name__)

_ERRORS = ("erros",)
_FACTS = tuple(table for table in SEALED_TABLES if table not in _ERRORS)


@dataclass(frozen=True, slots=True)
class Secrets:
    """What is sealed, and with what."""

    keys: SessionKeys
    contacts: ContactSeal
    registry_log: RegistryLog


@dataclass(frozen=True, slots=True)
class Removed:
    """Which of the two files has deleted bytes in it."""

    facts: bool = False
    texts: bool = False

    def __or__(self, other: "Removed") -> "Removed":
        return Removed(self.facts or other.facts, self.texts or other.texts)


class Removal:
    """On the writer's thread, but for `begin` and `end`."""

    def __init__(self, settings: RecordSettings, places: Places, archive: Archive, secrets: Secrets) -> None:
        self._settings = settings
        self._places = places
        self._archive = archive
        self._secrets = secrets
        self._clock = PurgeClock(places.last_purge, settings.purge_gap_days)

    # --- the mark ---

    @property
    def cut_short(self) -> bool:
        """An earlier one was."""
        return self._places.unfinished.exists()

    def begin(self) -> Removed:
        """Lay the mark. Returns what an earlier removal may have left."""
        left = Removed(facts=self.cut_short, texts=self.cut_short)
        self._places.unfinished.touch()
        sync_folder(self._places.private)
        return left

    def end(self) -> None:
        """Nothing is left, in no file."""
        self._places.unfinished.unlink(missing_ok=True)

    # --- rows ---

    def begin_clock(self, stores: Stores) -> Removed:
        """A first purge is held against the newest fact that there is before any of this start's."""
        now = datetime.now(UTC)
        self._clock.begin(min(stores.facts.latest_at or now, now))
        return Removed()

    def take_back(self, stores: Stores) -> Removed:
        """What an earlier version wrote in the clear, or an earlier start published and this one does not."""
        sealed = self._seal_contacts(stores)
        taken_back = retention.move_reasons(stores)
        if not self._settings.publish_texts:
            taken_back += retention.unpublish_texts(stores.facts.con)
        return Removed(facts=taken_back > 0, texts=sealed)

    def _seal_contacts(self, stores: Stores) -> bool:
        """False when none was in the clear."""
        log, con = self._secrets.registry_log, stores.texts.con
        if not (log.has_clear_contacts() or registry_store.has_clear_contacts(con)):
            return False
        self._places.remove_set_aside()  # first: once all is sealed, nothing tells that they hold some in the clear
        log.seal_contacts(self._secrets.contacts.close)
        registry_store.seal_contacts(con, self._secrets.contacts.close)
        return True

    def purge(self, stores: Stores, today: date) -> Removed:
        """What was kept long enough; nothing by a clock that is not to be trusted, which is logged."""
        now = datetime.now(UTC)
        if (doubt := self._clock.distrust(now)) is not None:
            log.error("%s", doubt)
            return Removed()
        texts_from = now - timedelta(days=self._settings.texts_kept_days)
        self._places.remove_set_aside(texts_from)
        self._places.remove_unclaimed(now - timedelta(days=1))
        texts = retention.purge_texts(stores.texts.con, texts_from)
        rows = retention.purge_published(stores.facts.con, texts_from)
        for tables, days in ((_FACTS, self._settings.facts_kept_days), (_ERRORS, self._settings.errors_kept_days)):
            oldest = today - timedelta(days=days)
            rows += retention.purge_facts(stores.facts.con, tables, oldest)
            rows += self._archive.forget_before(stores.facts.con, tables, oldest)
        self._clock.purged(now)
        return Removed(facts=rows > 0, texts=texts > 0)

    def erase(self, stores: Stores, request: ErasureRequest) -> ErasureReceipt:
        """Raises ErasureError. The log of the registry goes first: it is written anew whole."""
        self._places.remove_set_aside()  # they hold what is erased, as it was
        if request.cliente_codigo is not None:
            self._secrets.registry_log.forget_contact(request.cliente_codigo)
        for session_id in erasure.sessions_of(stores, request):
            self._secrets.keys.forget(session_id)
        return erasure.erase(stores, self._archive, request, datetime.now(UTC))

    # --- bytes ---

    def rewrite(self, stores: Stores, removed: Removed) -> None:
        if removed.facts:
            rewrite(stores.facts.con, self._places.facts_db, "registro", STORAGE_VERSION)
        if removed.texts:
            rewrite(stores.texts.con, self._places.private_db, "privado", STORAGE_VERSION)
