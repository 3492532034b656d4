"""What can go wrong with the record.

RecordError
├── SpoolError            events could not be made durable here (disk full, read-only, backlog full)
├── DataFolderError       the data folder cannot be used: unwritable, or not a folder
├── RecorderBusy          another recorder owns the data folder
├── WriterClosed          the writer was closed, or never started
├── CommitFailed          the database refused a batch (disk full, read-only, damage)
├── MigrationError        the file was written by a newer Balto, or a migration was changed
├── RemovalUnfinished     what was to be removed is not all gone yet (disk full, read-only); it is tried again
├── ErasureError          an erasure request makes no sense or could not be proven
└── QueryError            an analyst's query
    ├── QueryRefused      wrong SQL, or something a query may not do
    ├── QueryTooLong      took longer than allowed and was killed
    ├── QueryTooLarge     the result passed the row or byte limit
    └── QueryUnavailable  nothing is published yet, too many queries at once, or no way to confine one
"""


class RecordError(Exception):
    """Base of all of these. Messages say what, where and how to mend it."""


class SpoolError(RecordError):
    """Events could not be written and synced to the spool."""


class DataFolderError(RecordError):
    """The data folder cannot be used."""


class RecorderBusy(RecordError):
    """Another recorder owns the data folder."""


class WriterClosed(RecordError):
    """The writer no longer takes work."""


class CommitFailed(RecordError):
    """A batch was not committed; it may be sent again."""


class MigrationError(RecordError):
    """The database's schema cannot be brought to this version."""


class RemovalUnfinished(RecordError):
    """A purge or an erasure was cut short; what is left of it goes with the next try."""


class ErasureError(RecordError):
    """An erasure was not carried out."""


class QueryError(RecordError):
    """An analyst's query did not give a result."""


class QueryRefused(QueryError):
    """The SQL is wrong or not permitted."""


class QueryTooLong(QueryError):
    """The query was killed at its time limit."""


class QueryTooLarge(QueryError):
    """The result passed a limit."""


class QueryUnavailable(QueryError):
    """The query cannot run now."""
