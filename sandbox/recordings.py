"""The recorded dialogues that ship with Balto: audio, and who said which word when."""

import wave
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import yaml

DIALOGUES = Path(__file__).parent / "dialogues"
FIRST_DIALOGUE = "dor_de_cabeca"


@dataclass(frozen=True, slots=True)
class TimedWord:
    text: str
    start_s: float
    end_s: float


@dataclass(frozen=True, slots=True)
class Dialogue:
    """`expects`: what should come of it: recomendar, encaminhar or silencio."""

    name: str
    expects: str
    wav: Path
    utterances: tuple[str, ...]
    words: tuple[TimedWord, ...]

    def samples(self) -> np.ndarray:
        """int16, 16 kHz mono."""
        with wave.open(str(self.wav), "rb") as file:
            return np.frombuffer(file.readframes(file.getnframes()), dtype="<i2")


def load_dialogues(folder: Path = DIALOGUES) -> tuple[Dialogue, ...]:
    """Every WAV of the folder that has a script beside it, by name."""
    return tuple(_load(wav) for wav in sorted(folder.glob("*.wav")))


def _load(wav: Path) -> Dialogue:
    script = yaml.safe_load(wav.with_suffix(".yaml").read_text(encoding="utf-8"))
    lines = script["utterances"]
    return Dialogue(
        name=script["name"],
        expects=script["expects"],
        wav=wav,
        utterances=tuple(line["text"] for line in lines),
        words=tuple(TimedWord(*word) for line in lines for word in line["words"]),
    )
