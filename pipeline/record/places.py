"""Where things are in the data folder.

spool/      one folder per process: events on their way to the writer (private)
gravador/   the writer's own: quente.duckdb, privado.duckdb, the journal, the master key (private, mode 0700)
arquivo/    closed days as Parquet, <table>/dia=<date>/…
registro.duckdb   what analysts open, unless DB_FILE says elsewhere
"""

import os
import time
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from pipeline.record.errors import DataFolderError

PUBLISHED_NAME = "registro.duckdb"
_DAMAGED = ".danificado-"


@dataclass(frozen=True, slots=True)
class Places:
    data_dir: Path

    @property
    def spool(self) -> Path:
        return self.data_dir / "spool"

    @property
    def private(self) -> Path:
        return self.data_dir / "gravador"

    @property
    def facts_db(self) -> Path:
        return self.private / "quente.duckdb"

    @property
    def private_db(self) -> Path:
        return self.private / "privado.duckdb"

    @property
    def registry_log(self) -> Path:
        return self.private / "cadastro.jsonl"

    @property
    def master_key(self) -> Path:
        return self.private / "chave-mestra"

    @property
    def journal(self) -> Path:
        return self.private / "diario"

    @property
    def requests(self) -> Path:
        return self.private / "pedidos"

    @property
    def unfinished(self) -> Path:
        """There while a start takes back what is published no longer: one that ends meanwhile is taken up."""
        return self.private / "por-terminar"

    @property
    def last_purge(self) -> Path:
        return self.private / "ultima-limpeza"

    @property
    def lock(self) -> Path:
        return self.private / "lock"

    @property
    def archive(self) -> Path:
        return self.data_dir / "arquivo"

    def prepare(self) -> None:
        """Make the folders. Raises DataFolderError when the data folder cannot be written."""
        try:
            self.data_dir.mkdir(parents=True, exist_ok=True)
            for folder in (self.spool, self.private, self.journal, self.requests):
                folder.mkdir(mode=0o700, exist_ok=True)
            self.archive.mkdir(exist_ok=True)
            require_writable(self.private)
        except OSError as error:
            raise DataFolderError(
                f"the data folder {self.data_dir} cannot be written ({error.strerror}); "
                "make it writable for this user or set BALTO_DATA_DIR to another folder"
            ) from None

    def set_aside(self, path: Path) -> Path | None:
        """Rename a damaged file, so that another can take its place; None when there is no such file."""
        if not path.exists():
            return None
        stamp = datetime.now(UTC).strftime("%Y%m%dT%H%M%S") + f"-{time.monotonic_ns() % 1000:03d}"
        aside = path.with_name(f"{path.name}{_DAMAGED}{stamp}")
        path.rename(aside)
        return aside

    def remove_set_aside(self, before: datetime | None = None) -> None:
        """Delete what was set aside (before then, when given): it holds personal data too."""
        _remove(self.private.glob(f"*{_DAMAGED}*"), before)

    def remove_unclaimed(self, before: datetime) -> None:
        """Delete what is left of requests whose command was killed: a reason given in one may name people."""
        for kind in ("*.parcial", "*.recibo"):
            _remove(self.requests.glob(kind), before)


def _remove(paths: Iterable[Path], before: datetime | None) -> None:
    for path in paths:
        if before is None or path.stat().st_mtime < before.timestamp():
            path.unlink(missing_ok=True)


def require_writable(folder: Path) -> None:
    """Raises OSError when a file cannot be made in the folder."""
    probe = folder / f".writable-{os.getpid()}"
    probe.touch()
    probe.unlink()
