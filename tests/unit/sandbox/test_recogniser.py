"""The emulated Scribe hears the shipped dialogues, however they were cut, and nothing else."""

from functools import cache

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sandbox.recogniser import RATE_HZ, Recogniser
from sandbox.recordings import FIRST_DIALOGUE, Dialogue, load_dialogues

DIALOGUES = load_dialogues()
NAMES = [dialogue.name for dialogue in DIALOGUES]


@cache
def recogniser() -> Recogniser:
    return Recogniser(DIALOGUES)


def piece(dialogue: Dialogue, start_s: float, end_s: float) -> np.ndarray:
    return dialogue.samples()[max(0, round(start_s * RATE_HZ)) : round(end_s * RATE_HZ)]


def spans(dialogue: Dialogue) -> list[tuple[str, float, float]]:
    """Every utterance with its times, from its words."""
    found, at = [], 0
    for text in dialogue.utterances:
        count = len(text.split())
        words = dialogue.words[at : at + count]
        found.append((text, words[0].start_s, words[-1].end_s))
        at += count
    return found


def noisy(samples: np.ndarray, snr_db: float, seed: int = 0) -> np.ndarray:
    noise = np.random.default_rng(seed).standard_normal(len(samples))
    level = np.sqrt(np.mean(samples.astype(float) ** 2)) / 10 ** (snr_db / 20)
    return np.clip(samples + noise * level, -32768, 32767).astype(np.int16)


def test_what_ships_covers_what_must_be_shown() -> None:
    assert {dialogue.expects for dialogue in DIALOGUES} == {"recomendar", "encaminhar", "silencio"}
    assert len(DIALOGUES) >= 4
    assert sum(dialogue.wav.stat().st_size for dialogue in DIALOGUES) < 5_000_000
    first = next(dialogue for dialogue in DIALOGUES if dialogue.name == FIRST_DIALOGUE)
    assert 10 <= len(first.samples()) / RATE_HZ <= 20
    assert first.expects == "recomendar"


@pytest.mark.parametrize("name", NAMES)
def test_scripts_and_words_agree(name: str) -> None:
    dialogue = DIALOGUES[NAMES.index(name)]
    assert [word.text for word in dialogue.words] == " ".join(dialogue.utterances).split()
    times = [time for word in dialogue.words for time in (word.start_s, word.end_s)]
    assert times == sorted(times)


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize(("gain", "snr_db"), [(1.0, None), (0.1, None), (6.0, None), (1.0, 10.0), (1.0, 5.0)])
def test_every_utterance_is_heard_at_any_gain_and_in_noise(name: str, gain: float, snr_db: float | None) -> None:
    dialogue = DIALOGUES[NAMES.index(name)]
    for text, start_s, end_s in spans(dialogue):
        audio = piece(dialogue, start_s - 0.31, end_s + 0.33)
        if snr_db is not None:
            audio = noisy(audio, snr_db)
        audio = np.clip(audio * gain, -32768, 32767).astype(np.int16)
        assert recogniser().recognise(audio).text == text


@pytest.mark.parametrize("name", NAMES)
def test_two_utterances_in_one_piece_are_both_heard(name: str) -> None:
    dialogue = DIALOGUES[NAMES.index(name)]
    (one, start_s, _), (two, _, end_s) = spans(dialogue)[:2]
    assert recogniser().recognise(piece(dialogue, start_s - 0.3, end_s + 0.3)).text == f"{one} {two}"


@settings(max_examples=25, deadline=None)
@given(st.sampled_from(DIALOGUES), st.floats(0, 1), st.floats(2.0, 8.0))
def test_a_piece_cut_anywhere_gives_the_words_in_it_and_no_others(
    dialogue: Dialogue, where: float, length_s: float
) -> None:
    start_s = where * (len(dialogue.samples()) / RATE_HZ - length_s)
    end_s = start_s + length_s
    heard = recogniser().recognise(piece(dialogue, start_s, end_s))
    touched = [word.text for word in dialogue.words if word.end_s > start_s and word.start_s < end_s]
    middle = " ".join(word.text for word in dialogue.words if word.start_s > start_s + 0.6 and word.end_s < end_s - 0.6)
    assert heard.text in " ".join(touched)
    if len(middle.split()) >= 5:
        assert middle in heard.text


def test_words_carry_the_times_of_the_audio_given() -> None:
    dialogue = DIALOGUES[NAMES.index(FIRST_DIALOGUE)]
    text, start_s, end_s = spans(dialogue)[2]
    heard = recogniser().recognise(piece(dialogue, start_s - 0.3, end_s + 0.6))
    assert heard.text == text
    assert heard.words[0].start_s == pytest.approx(0.3, abs=0.05)
    assert heard.words[-1].end_s == pytest.approx(end_s - start_s + 0.3, abs=0.05)


def test_two_dialogues_one_after_the_other_are_both_heard() -> None:
    one, two = DIALOGUES[0], DIALOGUES[3]
    (text_one, a, b), (text_two, c, d) = spans(one)[0], spans(two)[1]
    audio = np.concatenate([piece(one, a - 0.3, b + 0.3), piece(two, c - 0.3, d + 0.3)])
    assert recogniser().recognise(audio).text == f"{text_one} {text_two}"


def other_sounds() -> dict[str, np.ndarray]:
    random = np.random.default_rng(5)
    time = np.arange(4 * RATE_HZ) / RATE_HZ
    buzz = sum(np.sin(2 * np.pi * 120 * k * time) / k for k in range(1, 20))
    speech = DIALOGUES[NAMES.index(FIRST_DIALOGUE)].samples().astype(float)
    slower = np.interp(np.arange(0, len(speech), 0.87), np.arange(len(speech)), speech)
    return {
        "silence": np.zeros(4 * RATE_HZ),
        "white noise": random.standard_normal(4 * RATE_HZ) * 3000,
        "a voice-like buzz": buzz * (1 + np.sin(2 * np.pi * 4 * time)) * 3000,
        "a dialogue backwards": speech[::-1],
        "the same voice slower and lower": slower,
        "too little": speech[: RATE_HZ // 4],
        "nothing": np.zeros(0),
    }


@pytest.mark.parametrize("sound", other_sounds())
def test_nothing_else_gets_a_text(sound: str) -> None:
    audio = np.clip(other_sounds()[sound], -32768, 32767).astype(np.int16)
    assert recogniser().recognise(audio).words == ()
