"""How near in meaning a conversation is to the cases, and what those near it answer to each question.

Kernel ridge regression over the cases' vectors: every case pulls towards its own answer, the nearer the stronger. It
knows no word, so danger said in words that no case has is still near the cases that mean it.
"""

import base64
from collections.abc import Sequence
from typing import Literal

import numpy as np
import numpy.typing as npt
from pydantic import BaseModel, ConfigDict

from pipeline.recommendation.meaning import meaning_of_all, on_one_thread

Array = npt.NDArray[np.float64]

Width = Literal[1, 2]


class Bytes(BaseModel):
    """A table of numbers, one or two signed bytes each, as base64."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    colunas: int
    largura: Width = 1
    escala: float  # what one level stands for
    valores: str


class ResemblanceFile(BaseModel):
    """`eixos` are the directions in which the cases differ most; `casos` their places there, `forcas` their pull: a
    row a question."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    centro: Bytes
    eixos: Bytes
    casos: Bytes
    forcas: Bytes
    alcance: float  # how far a case pulls: the larger, the nearer it must be


class Resemblance:
    """Raises ValueError when the tables do not fit one another."""

    def __init__(self, file: ResemblanceFile) -> None:
        self._centre, axes = unpacked(file.centro)[0], unpacked(file.eixos)
        cases, self._pull = unpacked(file.casos), unpacked(file.forcas)
        self._reach = file.alcance
        self._axes, self._cases = axes.astype(np.float32), cases.astype(np.float32)
        self._sizes = (self._cases**2).sum(axis=1)
        if axes.shape != (cases.shape[1], len(self._centre)) or self._pull.shape[1] != len(cases):
            raise ValueError("the tables of `semelhanca` do not fit one another")

    @property
    def questions(self) -> int:
        return len(self._pull)

    def pulls(self, texts: Sequence[str]) -> list[float]:
        """A question each: about 1 where these utterances are like the cases that say yes, about -1 where no."""
        meaning = (meaning_of_all(texts) - self._centre).astype(np.float32)
        with on_one_thread():
            place = self._axes @ meaning
            apart = self._sizes - 2 * (self._cases @ place) + place @ place
            pulls: list[float] = (self._pull @ np.exp(-self._reach * apart)).tolist()
            return pulls


def nearness(some: Array, others: Array, reach: float) -> Array:
    """1 where two places are the same, towards 0 the farther they are: a row of `some` a row, of `others` a column."""
    apart = (some**2).sum(axis=1)[:, None] + (others**2).sum(axis=1)[None] - 2 * some @ others.T
    near: Array = np.exp(-reach * np.maximum(apart, 0.0))
    return near


def packed(table: Array, width: Width = 1) -> Bytes:
    """One byte a number is enough for a place; what is summed over thousands of cases needs two."""
    scale = float(np.abs(table).max()) / np.iinfo(KEPT_AS[width]).max or 1.0
    levels = np.round(table / scale).astype(KEPT_AS[width])
    return Bytes(
        colunas=table.shape[1], largura=width, escala=scale, valores=base64.b64encode(levels.tobytes()).decode()
    )


def unpacked(table: Bytes) -> Array:
    """Raises ValueError."""
    levels = np.frombuffer(base64.b64decode(table.valores, validate=True), dtype=KEPT_AS[table.largura])
    return levels.reshape(-1, table.colunas).astype(np.float64) * table.escala


KEPT_AS: dict[Width, str] = {1: "<i1", 2: "<i2"}
