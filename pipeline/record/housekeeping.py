"""What runs beside the commits: publishing every few seconds, and now and then the archive and the purge."""

import logging
import threading

from configs.record import RecordSettings
from pipeline.record.cipher import SessionKeys
from pipeline.record.errors import RecordError
from pipeline.record.places import Places
from pipeline.record.publish import Publisher
from pipeline.record.writer import Writer

log = logging.getLogger(__name__)


class Housekeeping:
    """A thread of its own, from `start` to `stop`."""

    def __init__(
        self, settings: RecordSettings, places: Places, writer: Writer, publisher: Publisher, keys: SessionKeys
    ) -> None:
        self._settings = settings
        self._places = places
        self._writer = writer
        self._publisher = publisher
        self._keys = keys
        self._stopping = threading.Event()
        self._publishing = threading.Lock()
        self._published_commits = -1
        self._thread = threading.Thread(target=self._run, name="record-housekeeping", daemon=True)

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> None:
        """End the thread, then publish what it had not."""
        self._stopping.set()
        if self._thread.is_alive():
            self._thread.join()
        self._publish_if_changed()

    def publish_now(self) -> float:
        with self._publishing:
            commits = self._writer.commits
            cost_s = self._publisher.publish()
            self._published_commits = commits
            return cost_s

    def _publish_if_changed(self) -> None:
        if self._writer.commits != self._published_commits:
            self.publish_now()

    def _run(self) -> None:
        while True:
            try:
                self._publish_if_changed()
            except RecordError as error:
                log.error("%s", error)
            except Exception:
                log.exception("publishing failed; it is tried again")
            if self._stopping.wait(self._pause_s()):
                return

    def _pause_s(self) -> float:
        return max(self._settings.publish_every_s, self._settings.publish_cost_factor * self._publisher.last_cost_s)
