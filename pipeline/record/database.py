"""The writer's two files, attached to one DuckDB: `registro` (facts) and `privado` (texts, registry).

A file that does not open is set aside, never deleted; facts are then rebuilt from the newest good copy there is:
the same file without its write-ahead log, or the last publication. The journal and the spools add what is newer.
"""

import shutil
from contextlib import ExitStack, closing
from pathlib import Path

import duckdb

from configs.record import RecordSettings
from pipeline.record.errors import DataFolderError, RecorderBusy
from pipeline.record.migrations import migrate, migrations
from pipeline.record.places import Places
from pipeline.record.views import create_views

STORAGE_VERSION = "v1.4.0"  # what DuckDB 1.4 and later can read; 2.0's own default is not
_NOT_DAMAGE = (  # of the file: of the volume it is on
    "Permission denied", "Read-only file system", "No space left", "Disk quota exceeded", "File too large",
)  # fmt: skip
_AUTOCHECKPOINT = "1TB"  # only a publication checkpoints the facts: while they are copied, the file must not change


class Database:
    """Both files, open for writing. Use from one thread, with `facts` and `texts` as separate transactions.

    `recovered` holds one sentence per file that was damaged, saying what was done, for analysts to read.
    """

    def __init__(self, places: Places, published_db: Path, settings: RecordSettings) -> None:
        self.recovered: list[str] = []
        self._places = places
        self._published_db = published_db
        self._settings = settings
        with ExitStack() as opened:
            self.facts = opened.enter_context(closing(self._open_facts()))
            self.texts = opened.enter_context(closing(self._open_texts()))
            self._create_views()
            self._opened = opened.pop_all()

    def _create_views(self) -> None:
        try:
            create_views(self.facts, self._settings, self._places.archive)
        except duckdb.Error as error:
            raise unwritable(self._places.facts_db, error) or error from None

    def _open_facts(self) -> duckdb.DuckDBPyConnection:
        path = self._places.facts_db
        try:
            return self._open(path, "registro", "", "os fatos seguem")
        except _Damaged as damage:
            aside = self._places.set_aside(path)
            source = self._copy_published(path)
            self._tell(f"{path} está danificado ({damage}): posto de lado como {aside}; fatos refeitos: {source}")
            return self._attach(path, "registro", "")

    def _open_texts(self) -> duckdb.DuckDBPyConnection:
        path = self._places.private_db
        try:
            return self._open(path, "privado", "private_", "os textos seguem")
        except _Damaged as damage:
            aside = self._places.set_aside(path)
            self._tell(
                f"{path} está danificado ({damage}): posto de lado como {aside}; o cadastro é lido do seu diário"
            )
            return self._attach(path, "privado", "private_")

    def _open(self, path: Path, catalog: str, prefix: str, so: str) -> duckdb.DuckDBPyConnection:
        """Without its write-ahead log when that is what is damaged."""
        try:
            return self._attach(path, catalog, prefix)
        except _Damaged as damage:
            wal = self._places.set_aside(path.with_name(path.name + ".wal"))
            if wal is None:
                raise
            con = self._attach(path, catalog, prefix)
            self._tell(f"{wal} não pôde ser reaplicado ({damage}): posto de lado; {so} do último checkpoint")
            return con

    def _copy_published(self, path: Path) -> str:
        if not self._published_db.exists():
            return "nenhum, pois não havia publicação"
        try:
            shutil.copyfile(self._published_db, path)
            self._attach(path, "registro", "").close()
        except (_Damaged, OSError):
            path.unlink(missing_ok=True)
            return "nenhum, pois a publicação também está danificada"
        return f"os da última publicação, {self._published_db}"

    def _tell(self, sentence: str) -> None:
        self.recovered.append(sentence)

    def _attach(self, path: Path, catalog: str, prefix: str) -> duckdb.DuckDBPyConnection:
        con = duckdb.connect()
        try:
            con.execute(f"SET threads = {self._settings.writer_threads}")
            con.execute(f"SET memory_limit = '{self._settings.writer_memory_mb}MB'")
            if path == self._places.facts_db:
                con.execute(f"SET wal_autocheckpoint = '{_AUTOCHECKPOINT}'")
            con.execute("SET TimeZone = 'UTC'")
            con.execute("SET enable_progress_bar = false")
            con.execute("SET autoinstall_known_extensions = false")
            con.execute(f"ATTACH '{_quoted(path)}' AS {catalog} (STORAGE_VERSION '{STORAGE_VERSION}')")
            con.execute(f"USE {catalog}")
            migrate(con, catalog, migrations(prefix))
        except duckdb.Error as error:
            con.close()
            raise _understood(error, path) from None
        except BaseException:
            con.close()
            raise
        path.chmod(0o600)
        return con

    def close(self) -> None:
        self._opened.close()


class _Damaged(Exception):
    """The file cannot be opened as it is."""


def _understood(error: duckdb.Error, path: Path) -> Exception:
    text = str(error).splitlines()[0]
    if "lock" in text.lower() and "Conflicting" in str(error):
        return RecorderBusy(f"{path} is open in another process ({text}); close it: analysts open the published file")
    return unwritable(path, error) or _Damaged(text[:200])


def unwritable(path: Path, error: duckdb.Error) -> DataFolderError | None:
    """What to do about the volume, when that is what an error is about."""
    text = " ".join(str(error).split())
    if not any(phrase in text for phrase in _NOT_DAMAGE):
        return None
    return DataFolderError(f"{path} cannot be written ({text}); check the volume's mode and free space")


def _quoted(path: Path) -> str:
    return str(path).replace("'", "''")
