"""Recognises the shipped dialogues in audio, and nothing else.

Two steps. Band energies, 100 frames a second, in blocks of half a second, say where in which dialogue a block may
come from; blocks that agree form a run. Then the run's waveform is laid over the recording's own: the same recording
coincides sample by sample at one shift, whatever its gain and under noise, and other speech does not, even when the
same voice says the same words. A cut in the middle and two utterances in one piece leave the rest recognisable.
"""

import math
from collections.abc import Iterable
from dataclasses import dataclass, replace

import numpy as np

from sandbox.recordings import Dialogue, TimedWord

RATE_HZ = 16_000
FRAME_SAMPLES = 512
HOP_SAMPLES = 160
HOP_S = HOP_SAMPLES / RATE_HZ
BANDS = 24
LOWEST_HZ, HIGHEST_HZ = 150.0, 4000.0
DYNAMIC_RANGE_DB = 25.0  # what is further below the loud parts is taken for noise

BLOCK_FRAMES = 48
BLOCK_STEP_FRAMES = 8
RECORDED_STEP_FRAMES = 1
SPOKEN_BLOCK_STD = 0.15  # a block flatter than this is a pause and says nothing of where we are
LEAST_SIMILARITY = 0.55
DRIFT_FRAMES = 3
SHIFT_FRAMES = 4  # how far the waveforms may be shifted against where the frames say
LEAST_BLOCKS = 3
LEAST_COINCIDENCE = 0.38  # correlation of the waveforms, per block and over the run
LEAST_EXPLAINED = 0.5  # share of the speech heard that must be found: a few shared words are not a dialogue
EDGE_S = 0.12  # a word may stand this far outside the blocks that found its place


@dataclass(frozen=True, slots=True)
class Recognised:
    """Words with times in the audio given; probability 0..1 from how well the audio matched."""

    words: tuple[TimedWord, ...]
    probability: float

    @property
    def text(self) -> str:
        return " ".join(word.text for word in self.words)


NOTHING = Recognised((), 0.0)


class Recogniser:
    def __init__(self, dialogues: Iterable[Dialogue]) -> None:
        self._dialogues = tuple(dialogues)
        self._audio = [_whitened(dialogue.samples()) for dialogue in self._dialogues]
        tables, owners, places = [], [], []
        for index, dialogue in enumerate(self._dialogues):
            blocks, starts = _blocks(_features(dialogue.samples()), step=RECORDED_STEP_FRAMES)
            tables.append(blocks)
            owners.append(np.full(len(blocks), index))
            places.append(starts)
        self._table = np.concatenate(tables)
        self._owner = np.concatenate(owners)
        self._place = np.concatenate(places)

    def recognise(self, samples: np.ndarray) -> Recognised:
        """`samples`: int16 at 16 kHz."""
        if len(samples) < FRAME_SAMPLES + BLOCK_FRAMES * HOP_SAMPLES:
            return NOTHING
        blocks, starts = _blocks(_features(samples), step=BLOCK_STEP_FRAMES)
        if not len(blocks):
            return NOTHING
        similarity = blocks @ self._table.T
        best = similarity.argmax(axis=1)
        score = similarity[np.arange(len(best)), best]
        matches = [
            _Match(int(self._owner[place]), int(self._place[place] - start), int(start), float(value))
            for place, start, value in zip(best, starts, score, strict=True)
            if value >= LEAST_SIMILARITY
        ]
        audio = _whitened(samples)
        runs = [self._coinciding(run, audio) for run in _agreeing(matches)]
        found = [run for run in runs if len(run) >= LEAST_BLOCKS]
        if sum(len(run) for run in found) < LEAST_EXPLAINED * len(blocks):
            return NOTHING
        return self._spoken(found, len(samples) / RATE_HZ)

    def _coinciding(self, run: list["_Match"], audio: np.ndarray) -> list["_Match"]:
        """The blocks of a run whose waveform is the recording's, all at one shift; their score is how well."""
        begin, end = run[0].start * HOP_SAMPLES, (run[-1].start + BLOCK_FRAMES) * HOP_SAMPLES
        heard = audio[begin:end]
        first = begin + (run[0].offset - SHIFT_FRAMES) * HOP_SAMPLES
        recorded = _piece(self._audio[run[0].dialogue], first, len(heard) + 2 * SHIFT_FRAMES * HOP_SAMPLES)
        shift = _best_shift(heard, recorded)
        kept = []
        for match in run:
            at = match.start * HOP_SAMPLES - begin
            size = BLOCK_FRAMES * HOP_SAMPLES
            score = _correlation(heard[at : at + size], recorded[at + shift : at + shift + size])
            if score >= LEAST_COINCIDENCE:
                kept.append(replace(match, score=score))
        return kept

    def _spoken(self, runs: list[list["_Match"]], length_s: float) -> Recognised:
        words: list[TimedWord] = []
        for run in sorted(runs, key=len, reverse=True):  # the longest run is right about a moment that two claim
            words += [word for word in self._words(run, length_s) if not any(_overlap(word, other) for other in words)]
        if not words:
            return NOTHING
        scores = [match.score for run in runs for match in run]
        words.sort(key=lambda word: word.start_s)
        return Recognised(tuple(words), min(1.0, sum(scores) / len(scores)))

    def _words(self, run: list["_Match"], length_s: float) -> list[TimedWord]:
        """The words that the run covers, on the clock of the audio given."""
        offset_s = float(np.median([match.offset for match in run])) * HOP_S
        first_s = max(0.0, run[0].start * HOP_S - EDGE_S)
        last_s = min(length_s, (run[-1].start + BLOCK_FRAMES) * HOP_S + EDGE_S)
        found = []
        for word in self._dialogues[run[0].dialogue].words:
            start_s, end_s = word.start_s - offset_s, word.end_s - offset_s
            if first_s <= (start_s + end_s) / 2 <= last_s:
                found.append(TimedWord(word.text, round(max(0.0, start_s), 3), round(min(length_s, end_s), 3)))
        return found


@dataclass(frozen=True, slots=True)
class _Match:
    dialogue: int
    offset: int  # dialogue frame - query frame: the same along one recording
    start: int  # query frame
    score: float


def _overlap(one: TimedWord, other: TimedWord) -> bool:
    shared_s = min(one.end_s, other.end_s) - max(one.start_s, other.start_s)
    return shared_s > 0.5 * min(one.end_s - one.start_s, other.end_s - other.start_s)


def _agreeing(matches: list[_Match]) -> list[list[_Match]]:
    """Groups of matches on one line through one dialogue, long enough to be no accident; in the order heard."""
    runs: list[list[_Match]] = []
    for match in matches:
        for run in runs:
            if run[-1].dialogue == match.dialogue and abs(run[0].offset - match.offset) <= DRIFT_FRAMES:
                run.append(match)
                break
        else:
            runs.append([match])
    return [run for run in runs if len(run) >= LEAST_BLOCKS]


def _whitened(samples: np.ndarray) -> np.ndarray:
    """The waveform with its low notes lowered, so that a hummed vowel does not look like every other one."""
    audio = samples.astype(np.float32)
    return np.concatenate([np.zeros(2, np.float32), audio[2:] - audio[:-2]])


def _piece(audio: np.ndarray, first: int, length: int) -> np.ndarray:
    """`length` samples from `first`, zeros where the recording has none."""
    piece = np.zeros(length, np.float32)
    begin, end = max(0, first), min(len(audio), first + length)
    if begin < end:
        piece[begin - first : end - first] = audio[begin:end]
    return piece


def _best_shift(heard: np.ndarray, recorded: np.ndarray) -> int:
    size = 1 << (len(recorded) + len(heard)).bit_length()
    spectrum = np.fft.rfft(recorded, size) * np.conj(np.fft.rfft(heard, size))
    return int(np.fft.irfft(spectrum, size)[: len(recorded) - len(heard) + 1].argmax())


def _correlation(one: np.ndarray, other: np.ndarray) -> float:
    norm = float(np.linalg.norm(one) * np.linalg.norm(other))
    return float(one @ other) / norm if norm else 0.0


def _features(samples: np.ndarray) -> np.ndarray:
    """(frames, BANDS): band level in units of the dynamic range, 0 at the floor, gain taken out."""
    audio = samples.astype(np.float32)
    audio -= audio.mean() if len(audio) else 0.0
    count = max(0, (len(audio) - FRAME_SAMPLES) // HOP_SAMPLES + 1)
    frames = np.lib.stride_tricks.sliding_window_view(audio, FRAME_SAMPLES)[::HOP_SAMPLES][:count]
    power = np.abs(np.fft.rfft(frames * _WINDOW, axis=1)) ** 2
    bands = power.astype(np.float32) @ _FILTERS.T
    bands = np.maximum(bands - np.quantile(bands, 0.15, axis=0), 1e-3)  # steady noise
    decibels = 10.0 * np.log10(bands)
    top = np.quantile(decibels.max(axis=1), 0.95)
    return np.asarray(np.clip((decibels - top) / DYNAMIC_RANGE_DB + 1.0, 0.0, None), dtype=np.float32)


def _blocks(features: np.ndarray, step: int) -> tuple[np.ndarray, np.ndarray]:
    """Unit vectors of BLOCK_FRAMES frames that hold speech, and the frame where each begins."""
    size = BLOCK_FRAMES * BANDS
    if len(features) < BLOCK_FRAMES:
        return np.zeros((0, size), np.float32), np.zeros(0, int)
    windows = np.lib.stride_tricks.sliding_window_view(features, BLOCK_FRAMES, axis=0)[::step]
    blocks = windows.reshape(len(windows), size)
    blocks = blocks - blocks.mean(axis=1, keepdims=True)
    norms = np.linalg.norm(blocks, axis=1)
    spoken = norms / math.sqrt(size) >= SPOKEN_BLOCK_STD
    starts = np.arange(len(windows)) * step
    return (blocks[spoken] / norms[spoken, None]).astype(np.float32), starts[spoken]


def _filters() -> np.ndarray:
    """Triangles, equally spaced on the mel scale."""
    edges_mel = np.linspace(2595 * math.log10(1 + LOWEST_HZ / 700), 2595 * math.log10(1 + HIGHEST_HZ / 700), BANDS + 2)
    edges_hz = 700 * (10 ** (edges_mel / 2595) - 1)
    bins_hz = np.fft.rfftfreq(FRAME_SAMPLES, 1 / RATE_HZ)
    rise = (bins_hz[None, :] - edges_hz[:-2, None]) / (edges_hz[1:-1] - edges_hz[:-2])[:, None]
    fall = (edges_hz[2:, None] - bins_hz[None, :]) / (edges_hz[2:] - edges_hz[1:-1])[:, None]
    return np.asarray(np.maximum(0.0, np.minimum(rise, fall)), dtype=np.float32)


_WINDOW = np.hanning(FRAME_SAMPLES).astype(np.float32)
_FILTERS = _filters()
