"""What an engine tells the segmenter: for each stretch of audio, whether there was voice, and how loud it was."""

from enum import IntEnum
from typing import NamedTuple


class Voice(IntEnum):
    NONE = 0
    FAINT = 1  # not enough for anything, but an utterance that begins right after it began here
    HOLDS = 2  # enough to keep an utterance open
    OPENS = 3  # enough to begin one


class Heard(NamedTuple):
    """The verdict on [end_sample - length, end_sample); `length` is the engine's own step."""

    end_sample: int
    voice: Voice
    level_dbfs: float
