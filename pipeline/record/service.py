"""The recorder: what the one recorder deployment hosts."""

import logging
from collections.abc import Callable, Sequence
from concurrent.futures import Future
from datetime import datetime
from pathlib import Path
from typing import TypeVar

import duckdb

from configs.record import RecordSettings
from pipeline.events import CounterNoticeSet, ErrorNoted, Event
from pipeline.record import registry_store
from pipeline.record.batch import Batch, pack
from pipeline.record.cipher import SessionKeys, load_master_key
from pipeline.record.contacts import ContactSeal
from pipeline.record.database import Database, unwritable
from pipeline.record.erasure import ErasureReceipt, ErasureRequest
from pipeline.record.errors import RecordError
from pipeline.record.facts import Facts
from pipeline.record.housekeeping import Housekeeping
from pipeline.record.journal import Journal
from pipeline.record.ownership import Ownership
from pipeline.record.places import Places
from pipeline.record.publication import require_own
from pipeline.record.publish import Publisher
from pipeline.record.registry import Registry, RegistryEvent
from pipeline.record.registry_log import RegistryLog
from pipeline.record.removal import Secrets
from pipeline.record.spool import abandoned
from pipeline.record.texts import Texts
from pipeline.record.wire import encode
from pipeline.record.writer import Stores, Writer

log = logging.getLogger(__name__)
T = TypeVar("T")

_OWN_ORIGIN = "gravador"  # facts the recorder itself makes
_SPOOL_READ_BYTES = 1 << 20


class RecordService:
    """Owns the data folder from `__init__` (which blocks, seconds at most) to `close`. Thread-safe.

    `serving` False: for one piece of work by somebody without the chain's settings; what was published stays so.
    Raises DataFolderError, RecorderBusy or MigrationError when it cannot start. What had to be repaired is in
    `recovered`, one sentence each, in the analysts' language; it is logged and recorded too.
    """

    def __init__(self, settings: RecordSettings, data_dir: Path, published_db: Path, *, serving: bool = True) -> None:
        self._settings = settings
        self._serving = serving
        self._places = Places(data_dir)
        self._published_db = published_db
        self.recovered: list[str] = []
        self.closed = False
        self._places.prepare()
        self._ownership = Ownership(self._places.lock, settings.lock_wait_s)
        try:
            self._start()
        except duckdb.Error as error:
            self._ownership.release()
            raise unwritable(self._places.private, error) or error from None
        except BaseException:
            self._ownership.release()
            raise

    def _start(self) -> None:
        require_own(self._published_db, self._places)
        self._master_key = self._settings.master_key_file or self._places.master_key
        master = load_master_key(self._master_key)
        self._secrets = Secrets(SessionKeys(master), ContactSeal(master), RegistryLog(self._places.registry_log))
        self._journal = Journal(self._places.journal)
        self._database: Database | None = None
        self._writer = Writer(self._open_stores, self._journal, group_batches=self._settings.group_batches)
        try:
            self._writer.run(self._catch_up).result()
            self._take_up_housekeeping()
            self._load_registry()
            self._tell_recovered()
            self._housekeeping.start()
        except BaseException:
            self._writer.close()
            self._close_database()
            raise

    def _take_up_housekeeping(self) -> None:
        self._publisher = Publisher(
            self._writer, lambda: self._facts, self._places.facts_db, self._published_db, self._journal,
            self._settings.publish_every_s,
        )  # fmt: skip
        self._housekeeping = Housekeeping(self._settings, self._places, self._writer, self._publisher, self._secrets)
        if self._serving:
            self._housekeeping.take_up()
        else:
            self._housekeeping.finish()

    def _open_stores(self) -> Stores:
        self._close_database()
        self._database = Database(self._places, self._published_db, self._settings)
        self.recovered += self._database.recovered
        facts = Facts(
            self._database.facts, publish_texts=self._settings.publish_texts, timezone=self._settings.timezone
        )
        return Stores(facts, Texts(self._database.texts, self._secrets.keys, facts.is_erased))

    def _close_database(self) -> None:
        if self._database is not None:
            self._database.close()
            self._database = None

    @property
    def _facts(self) -> Facts:
        return self._writer.stores.facts

    # --- deliveries ---

    def submit(self, batch: Batch) -> "Future[int]":
        """Commit a batch without waiting here; see `commit`."""
        return self._writer.submit(batch)

    def commit(self, batch: Batch) -> int:
        """Commit a batch and return its origin's acknowledged sequence number.

        The same batch again, or one that overlaps, adds only what is new. Raises CommitFailed or WriterClosed:
        nothing is lost then, deliver again.
        """
        return self._writer.submit(batch).result()

    def texts_of(self, session_id: str) -> list[tuple[str, str, str]]:
        """(owner, owner id, text) of one session, decrypted: for the data subject's own request (LGPD art. 18)."""
        return self._writer.run(lambda: self._writer.stores.texts.read(session_id)).result()

    def publish(self) -> float:
        """Publish now; returns the seconds it took."""
        return self._housekeeping.publish_now()

    # --- start-up: what the last process left ---

    def _catch_up(self) -> None:
        """On the writer's thread: replay the journal past the ledger, then spools whose process is gone."""
        replayed = self._writer.commit_now(list(self._journal.batches()), journal=False)
        if replayed:
            self.recovered.append(f"{replayed} fatos foram escritos de novo a partir do diário")
        taken = sum(self._take_over_spools())
        if taken:
            self.recovered.append(f"{taken} fatos vieram da fila de processos que terminaram")
        if self._writer.stores.texts.some_sealed_by_another():
            self.recovered.append(f"há textos cifrados com outra chave-mestra que não {self._master_key}: restaure-a")

    def _take_over_spools(self) -> list[int]:
        counts = []
        for left in abandoned(self._places.spool):
            after = 0
            while (batch := left.read(after, _SPOOL_READ_BYTES)) is not None:
                counts.append(self._writer.commit_now([batch]))
                after = batch.last_seq
            left.discard()
        return counts

    def _tell_recovered(self) -> None:
        for sentence in self.recovered:
            log.warning("recovery: %s", sentence)
        self._commit_own([ErrorNoted(component="gravador", kind="recuperacao", message=m) for m in self.recovered])

    def _commit_own(self, events: Sequence[Event]) -> None:
        def work() -> None:
            first = self._facts.ledger.seq(_OWN_ORIGIN) + 1
            lines = [(seq, encode(seq, event)) for seq, event in enumerate(events, first)]
            self._writer.commit_now([pack(_OWN_ORIGIN, lines)])

        if events:
            self._writer.run(work).result()

    # --- registry ---

    def _load_registry(self) -> None:
        self.registry = Registry(self._commit_registration, self._secrets.contacts.close)
        for event in self._writer.run(self._stored_registry).result():
            self.registry.load(event)

    def _stored_registry(self) -> list[RegistryEvent]:
        con = self._writer.stores.texts.con
        registry_store.restore(con, self._secrets.registry_log.events())
        return registry_store.read(con)

    def _commit_registration(self, event: RegistryEvent) -> None:
        self._secrets.registry_log.append(event)
        self._writer.run(lambda: registry_store.write(self._writer.stores.texts.con, event)).result()
        self._commit_own([event])

    def set_notice(self, balcao_id: str, *, shown: bool) -> None:
        """Note whether a counter shows its customers the privacy notice; analysts see it in `analise.balcoes`."""
        self._commit_own([CounterNoticeSet(balcao_id=balcao_id, shown=shown)])

    def erase(self, request: ErasureRequest) -> ErasureReceipt:
        """Erase and publish; returns once it is proven. Raises ErasureError when something is left.

        A request that is `only_plan` is told what would go.
        """
        return self._housekeeping.erase(request)

    def answer_requests(self) -> None:
        """Carry out the erasures asked for in the data folder; a recorder that serves does so by itself."""
        self._housekeeping.answer_requests()

    def spent_since(self, moment: datetime) -> dict[str, float]:
        """USD by client that calls to providers have cost since then; `moment` lies in a day that is not sealed."""
        sql = "SELECT cliente_codigo, sum(custo_usd) FROM bruto.chamadas WHERE em >= ? AND custo_usd > 0 GROUP BY ALL"
        rows = self.run_on_writer(lambda con: con.execute(sql, [moment]).fetchall())
        return {cliente_codigo: usd for cliente_codigo, usd in rows if cliente_codigo is not None}

    def run_on_writer(self, work: Callable[[duckdb.DuckDBPyConnection], T]) -> T:
        """Run something on the facts' connection, between transactions: for operators' scripts and benchmarks."""
        return self._writer.run(lambda: work(self._facts.con)).result()

    def tidy(self) -> None:
        """Seal closed days, purge what is kept long enough, publish: what housekeeping does once a day."""
        self._housekeeping.tidy()

    def close(self) -> None:
        """Publish what is new, then let go of the data folder."""
        self.closed = True
        try:
            self._housekeeping.stop()
        except (RecordError, duckdb.Error) as error:  # on a full disk: the journal has what is not published
            log.error("not published while closing: %s", error)
        self._writer.close()
        self._close_database()
        self._ownership.release()
