"""What an engine tells the segmenter: for each stretch of audio, whether there was voice, and how loud it was."""

from enum import IntEnum
from typing import NamedTuple


class Voice(IntEnum):
    NONE = 0
    FAINT = 1  # not enough for anything, but an utterance that begins right after it began here
    NEARLY = 2  # not quite enough to keep an utterance open, but in a pause it says that more may come
    HOLDS = 3  # enough to keep an utterance open
    OPENS = 4  # enough to begin one


class Heard(NamedTuple):
    """The verdict on [end_sample - length, end_sample); `length` is the engine's own step."""

    end_sample: int
    voice: Voice
    level_dbfs: float
