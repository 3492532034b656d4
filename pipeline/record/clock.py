"""Whether the machine's clock may be trusted with a purge: one that is years ahead would have all of the record purged.

The moment of the last purge is noted beside the writer's files. A clock that is far past it was set wrong, or the
recorder did not run for long: which of the two, only a person knows.
"""

from datetime import datetime, timedelta
from pathlib import Path

from pipeline.record.segment import sync_folder


class PurgeClock:
    """Raises OSError when the note cannot be written."""

    def __init__(self, note: Path, furthest_days: int) -> None:
        self._note = note
        self._furthest = timedelta(days=furthest_days)

    def begin(self, known: datetime) -> None:
        """A first note, where there is none yet: of the newest moment that is known to have been."""
        if self._last() is None:
            self._write(known)

    def distrust(self, now: datetime) -> str | None:
        """Why nothing is to be purged now, in a sentence for the operator; None when all is well.

        A clock that is behind is none of it: less is old enough then.
        """
        last = self._last()
        if last is None or now - last <= self._furthest:
            return None
        days = (now - last).days
        return (
            f"nothing was purged: the clock says {now:%Y-%m-%d}, {days} days after the last purge; set the clock "
            f"right, or if it is right set record.purge_gap_days to {days + 1} until the next purge"
        )

    def purged(self, now: datetime) -> None:
        """Note it. A clock that is behind takes nothing back: once it is right again, that is no leap."""
        last = self._last()
        if last is None or now > last:
            self._write(now)

    def _last(self) -> datetime | None:
        try:
            return datetime.fromisoformat(self._note.read_text(encoding="ascii"))
        except (FileNotFoundError, ValueError):  # none yet, or one that a crash left torn
            return None

    def _write(self, moment: datetime) -> None:
        fresh = self._note.with_name(f"{self._note.name}.parcial")
        fresh.write_text(moment.isoformat(), encoding="ascii")
        fresh.rename(self._note)
        sync_folder(self._note.parent)
