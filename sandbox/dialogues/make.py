"""Speak the scripts of `roteiros.yaml`: one WAV (16 kHz mono) and one YAML with the time of every word each.

Run it by hand after changing a script: `python sandbox/dialogues/make.py`. Needs the espeak-ng library
(Debian: `apt install libespeak-ng1`); Balto itself only reads what this writes.
"""

import ctypes
import ctypes.util
import wave
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import yaml

HERE = Path(__file__).parent
RATE_HZ = 16_000
SPEECH_DBFS = -26.0
REVERB_S = 0.18
REVERB_GAIN = 0.05
TAIL_S = 2.5  # silence after the last line, so that a gate closes it
SEED = 8765

AUDIO_OUTPUT_SYNCHRONOUS = 2
CHARS_UTF8 = 1
EVENT_END = 0
EVENT_WORD = 1
PARAM_RATE, PARAM_PITCH = 1, 3


class Event(ctypes.Structure):
    """`espeak_EVENT` of speak_lib.h."""

    _fields_ = (
        ("type", ctypes.c_int),
        ("unique_identifier", ctypes.c_uint),
        ("text_position", ctypes.c_int),
        ("length", ctypes.c_int),
        ("audio_position", ctypes.c_int),
        ("sample", ctypes.c_int),
        ("user_data", ctypes.c_void_p),
        ("id", ctypes.c_char * 8),
    )


@dataclass
class Spoken:
    samples: np.ndarray  # float64 at RATE_HZ, trimmed of silence
    words: list[tuple[str, float, float]]  # text, start_s, end_s within the samples


class Espeak:
    """The synthesiser, asked for samples and for the moment each word begins."""

    def __init__(self) -> None:
        self._lib = ctypes.CDLL(ctypes.util.find_library("espeak-ng") or "libespeak-ng.so.1")
        self._rate_hz = self._lib.espeak_Initialize(AUDIO_OUTPUT_SYNCHRONOUS, 0, None, 0)
        self._chunks: list[np.ndarray] = []
        self._starts: list[tuple[int, int, float]] = []
        prototype = ctypes.CFUNCTYPE(ctypes.c_int, ctypes.POINTER(ctypes.c_short), ctypes.c_int, ctypes.POINTER(Event))
        self._callback = prototype(self._received)
        self._lib.espeak_SetSynthCallback(self._callback)

    def say(self, text: str, *, variant: str, speed: int, pitch: int) -> Spoken:
        self._chunks, self._starts = [], []
        self._lib.espeak_SetVoiceByName(f"pt-br+{variant}".encode())
        self._lib.espeak_SetParameter(PARAM_RATE, speed, 0)
        self._lib.espeak_SetParameter(PARAM_PITCH, pitch, 0)
        raw = text.encode() + b"\0"
        self._lib.espeak_Synth(raw, len(raw), 0, 1, 0, CHARS_UTF8, None, None)
        samples = resampled(np.concatenate(self._chunks).astype(np.float64) / 32768.0, self._rate_hz)
        return trimmed(samples, list(self._words(text)))

    def _received(self, samples: Any, count: int, events: Any) -> int:
        if count > 0 and samples:
            self._chunks.append(np.ctypeslib.as_array(samples, shape=(count,)).copy())
        index = 0
        while events[index].type != EVENT_END:
            event = events[index]
            if event.type == EVENT_WORD:
                self._starts.append((event.text_position - 1, event.length, event.audio_position / 1000.0))
            index += 1
        return 0

    def _words(self, text: str) -> Iterator[tuple[str, float]]:
        """The written words, punctuation kept, with the time each begins; only the first event of a word counts."""
        edges, position = [], 0
        for word in text.split():
            position = text.index(word, position)
            edges.append((position, position + len(word), word))
            position += len(word)
        seen = set()
        for at, _, start_s in self._starts:
            for begin, end, word in edges:
                if begin <= at < end and begin not in seen:
                    seen.add(begin)
                    yield word, start_s


def resampled(samples: np.ndarray, rate_hz: int) -> np.ndarray:
    """Band-limited, by cutting the spectrum: good enough for a few seconds of speech."""
    length = round(len(samples) * RATE_HZ / rate_hz)
    spectrum = np.fft.rfft(samples)[: length // 2 + 1]
    return np.asarray(np.fft.irfft(spectrum, length) * RATE_HZ / rate_hz)


def trimmed(samples: np.ndarray, starts: list[tuple[str, float]]) -> Spoken:
    loud = np.flatnonzero(np.abs(samples) > 0.01)
    first, last = int(loud[0]), int(loud[-1]) + 1
    offset_s, end_s = first / RATE_HZ, last / RATE_HZ
    ends = [start for _, start in starts[1:]] + [end_s]
    words = [
        (word, round(max(0.0, start - offset_s), 3), round(end - offset_s, 3))
        for (word, start), end in zip(starts, ends, strict=True)
    ]
    return Spoken(samples[first:last], words)


def level(samples: np.ndarray, dbfs: float) -> np.ndarray:
    return np.asarray(samples * (10 ** (dbfs / 20) / np.sqrt(np.mean(samples**2))))


def room(samples: np.ndarray, random: np.random.Generator) -> np.ndarray:
    """A small room: a decaying tail of reflections behind the direct sound."""
    length = int(REVERB_S * 2 * RATE_HZ)
    decay = np.exp(-6.9 * np.arange(length) / (REVERB_S * RATE_HZ))
    response = random.standard_normal(length) * decay * REVERB_GAIN
    response[0] = 1.0
    size = 1 << (len(samples) + length).bit_length()
    return np.fft.irfft(np.fft.rfft(samples, size) * np.fft.rfft(response, size), size)[: len(samples)]


def shop_noise(length: int, dbfs: float, random: np.random.Generator) -> np.ndarray:
    """Noise that falls 3 dB per octave above 100 Hz: ventilation and a street behind a door."""
    spectrum = np.fft.rfft(random.standard_normal(length))
    frequency = np.maximum(np.fft.rfftfreq(length, 1 / RATE_HZ), 100.0)
    return level(np.fft.irfft(spectrum / np.sqrt(frequency), length), dbfs)


def make(dialogue: dict[str, Any], voices: dict[str, Any], espeak: Espeak) -> None:
    random = np.random.default_rng(SEED)
    parts: list[np.ndarray] = []
    utterances: list[dict[str, Any]] = []
    at = 0
    for line in dialogue["lines"]:
        at += round(line["pause_s"] * RATE_HZ)
        spoken = espeak.say(line["text"], **voices[line["who"]])
        start_s = at / RATE_HZ
        words = [[word, round(start_s + start, 3), round(start_s + end, 3)] for word, start, end in spoken.words]
        parts += [np.zeros(round(line["pause_s"] * RATE_HZ)), level(spoken.samples, SPEECH_DBFS)]
        at += len(spoken.samples)
        utterances.append(
            {
                "who": line["who"],
                "text": line["text"],
                "start_s": round(start_s, 3),
                "end_s": round(at / RATE_HZ, 3),
                "words": words,
            }
        )
    speech = room(np.concatenate([*parts, np.zeros(round(TAIL_S * RATE_HZ))]), random)
    audio = speech + shop_noise(len(speech), dialogue["noise_dbfs"], random)
    write(dialogue, utterances, np.clip(np.round(audio * 32767), -32768, 32767).astype("<i2"))


def write(dialogue: dict[str, Any], utterances: list[dict[str, Any]], pcm: np.ndarray) -> None:
    name = dialogue["name"]
    with wave.open(str(HERE / f"{name}.wav"), "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(RATE_HZ)
        file.writeframes(pcm.tobytes())
    script = {"name": name, "expects": dialogue["expects"], "noise_dbfs": dialogue["noise_dbfs"]}
    text = "# Written by make.py from roteiros.yaml; a word is [text, start_s, end_s].\n"
    text += yaml.safe_dump(script | {"utterances": utterances}, allow_unicode=True, sort_keys=False, width=120)
    (HERE / f"{name}.yaml").write_text(text, encoding="utf-8")
    print(f"{name}: {len(pcm) / RATE_HZ:.1f} s")


def main() -> None:
    scripts = yaml.safe_load((HERE / "roteiros.yaml").read_text(encoding="utf-8"))
    espeak = Espeak()
    for dialogue in scripts["dialogues"]:
        make(dialogue, scripts["voices"], espeak)


if __name__ == "__main__":
    main()
