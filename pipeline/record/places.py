"""Where things are in the data folder.

spool/      one folder per process: events on their way to the writer (private)
gravador/   the writer's own: quente.duckdb, privado.duckdb, the journal, the master key (private, mode 0700)
arquivo/    closed days as Parquet, <table>/dia=<date>/…
registro.duckdb   what analysts open, unless DB_FILE says elsewhere
"""

import os
from dataclasses import dataclass
from pathlib import Path

from pipeline.record.errors import DataFolderError


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
                "give this user write access or set BALTO_DATA_DIR to another folder"
            ) from None


def require_writable(folder: Path) -> None:
    """Raises OSError when a file cannot be made in the folder."""
    probe = folder / f".writable-{os.getpid()}"
    probe.touch()
    probe.unlink()
