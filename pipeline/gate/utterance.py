"""What the segmenter finds, and where it is with it."""

from dataclasses import dataclass
from enum import Enum


class SegmenterState(Enum):
    SILENT = "silent"
    SPEAKING = "speaking"
    PAUSED = "paused"


@dataclass(frozen=True, slots=True)
class Utterance:
    start_sample: int
    end_sample: int
    speech_end_sample: int
    speech_dbfs: float  # mean level of its voiced steps
    continues: bool = False
