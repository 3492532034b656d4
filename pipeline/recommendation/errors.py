"""What can be wrong with the recommender's own files.

RecommendationError
├── CatalogueError   the catalogue cannot be read, or a row does not follow its columns
└── RulesError       the rule file or its lexicon cannot be read, or a rule does not make sense
"""

from pathlib import Path


class RecommendationError(Exception):
    """A file that the recommender stands on is unusable: which, where, why, and how to mend it."""

    def __init__(self, file: Path, line: int | None, reason: str) -> None:
        where = f"{file}:{line}" if line is not None else str(file)
        super().__init__(f"{where}: {reason}")
        self.file, self.line, self.reason = file, line, reason


class CatalogueError(RecommendationError):
    """The catalogue cannot be used."""


class RulesError(RecommendationError):
    """The rules or the lexicon cannot be used."""
