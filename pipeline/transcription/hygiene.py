"""Text hygiene: what a recogniser adds of its own is taken out before anything is asked or shown.

Rules run in the order of `clean`; each returns what is left and says what it removed and why.
"""

import re
import unicodedata
from dataclasses import dataclass
from functools import lru_cache

from configs.transcription import HygieneSettings
from pipeline.transcription.recognition import Recognition

EVENT_TAG = re.compile(r"\([^)]*\)|\[[^\]]*\]|<[^>]*>|\{[^}]*\}|\*[^*]+\*|♪[^♪]*♪?")
ADDRESS = re.compile(r"^(https?://|www\.)|\w\.(com|org|net|tv|br)\b", re.IGNORECASE)
MOST_WORDS_OF_CREDITS = 6
LONGEST_SCRAP_CHARS = 2
LONGEST_REPEATED_PHRASE_WORDS = 8
FEWEST_WORDS_TO_DOUBT = 3  # speaking rate says nothing about one or two words


@dataclass(frozen=True, slots=True)
class Clean:
    text: str
    removed: tuple[str, ...] = ()  # "reason: words"


def clean(heard: Recognition, *, audio_s: float, previous_text: str, settings: HygieneSettings) -> Clean:
    """The words that somebody said, as far as the evidence goes."""
    removed: list[str] = []
    words = _without_strangers(_without_tags(heard.text, removed), removed)
    if reason := _doubt(heard, words, audio_s, settings):
        return Clean("", (*removed, f"{reason}: {' '.join(words)}"))
    words = _without_repeats(words, settings.repeats, removed)
    words = _without_credits(words, settings.credits, removed)
    words = _without_phrases(words, settings.phrases, removed)
    words = _without_overlap(words, previous_text.split(), settings.overlap_words, removed)
    words = _without_lone(words, settings.lone, removed)
    return Clean(" ".join(words), tuple(removed))


@lru_cache(maxsize=4096)  # most words are said again and again
def plain(word: str) -> str:
    """For comparing: lower case, no accents, no punctuation at the edges."""
    letters = unicodedata.normalize("NFKD", word.casefold())
    return "".join(c for c in letters if not unicodedata.combining(c)).strip(".,;:!?…\"'“”‘’-–— ")


def _without_tags(text: str, removed: list[str]) -> list[str]:
    removed.extend(f"event tag: {tag}" for tag in EVENT_TAG.findall(text))
    return [word for word in EVENT_TAG.sub(" ", text).split() if plain(word)]


def _without_strangers(words: list[str], removed: list[str]) -> list[str]:
    """Addresses and words in another script: nobody says these at a counter."""
    strange = [word for word in words if ADDRESS.search(word) or not _is_latin(word)]
    removed.extend(f"not speech: {word}" for word in strange)
    return [word for word in words if word not in strange] if strange else words


def _is_latin(word: str) -> bool:
    letters = [c for c in word if c.isalpha()]
    return not letters or any(unicodedata.name(c, "").startswith("LATIN") for c in letters)


def _doubt(heard: Recognition, words: list[str], audio_s: float, settings: HygieneSettings) -> str | None:
    """Why none of it is believed, if so."""
    if not words:
        return None
    if heard.confidence is not None and heard.confidence < settings.least_confidence:
        return f"confidence {heard.confidence:.2f}"
    if len(words) >= FEWEST_WORDS_TO_DOUBT and len(words) > settings.most_words_per_s * audio_s:
        return f"{len(words)} words in {audio_s:.1f} s"
    return None


def _without_repeats(words: list[str], limit: int, removed: list[str]) -> list[str]:
    """A word or phrase said `limit` times in a row or more is kept once: recognisers loop, people do not."""
    kept, said = list(words), [plain(word) for word in words]
    if len(set(said)) == len(said):
        return kept
    for size in range(1, min(LONGEST_REPEATED_PHRASE_WORDS, len(kept) // limit) + 1):
        start = 0
        while start + size * limit <= len(kept):
            times = _times_in_a_row(said, start, size)
            if times >= limit:
                removed.append(f"repeated {times} times: {' '.join(kept[start : start + size])}")
                del kept[start + size : start + size * times]
                del said[start + size : start + size * times]
            start += 1
    return kept


def _times_in_a_row(said: list[str], start: int, size: int) -> int:
    phrase = said[start : start + size]
    times = 1
    while said[start + size * times : start + size * (times + 1)] == phrase:
        times += 1
    return times


def _without_credits(words: list[str], beginnings: tuple[str, ...], removed: list[str]) -> list[str]:
    if len(words) > MOST_WORDS_OF_CREDITS:
        return words
    said = [plain(word) for word in words]
    if any(said[: len(first)] == first for first in _plain_phrases(beginnings)):
        removed.append(f"credits: {' '.join(words)}")
        return []
    return words


@lru_cache(maxsize=16)  # by setting: they are the same for every text
def _plain_phrases(phrases: tuple[str, ...]) -> tuple[list[str], ...]:
    """The words of each phrase for comparing, the longest first."""
    plain_words = ([plain(word) for word in phrase.split()] for phrase in phrases if phrase.strip())
    return tuple(sorted(plain_words, key=len, reverse=True))


def _without_phrases(words: list[str], phrases: tuple[str, ...], removed: list[str]) -> list[str]:
    """Known inventions are cut out wherever they stand, the longest first; what is around them stays, scraps aside."""
    kept, said = list(words), [plain(word) for word in words]
    for target in _plain_phrases(phrases):
        start = 0
        while target[0] in said[start:]:
            start = said.index(target[0], start)
            if said[start : start + len(target)] == target:
                removed.append(f"invented phrase: {' '.join(kept[start : start + len(target)])}")
                del kept[start : start + len(target)]
                del said[start : start + len(target)]
            else:
                start += 1
    if len(kept) < len(words) and all(len(word) <= LONGEST_SCRAP_CHARS for word in said):
        removed.extend(f"left over: {word}" for word in kept)
        return []
    return kept


def _without_overlap(words: list[str], previous: list[str], least: int, removed: list[str]) -> list[str]:
    """Words at the start that repeat the end of the previous utterance: the same audio heard twice.

    An utterance that repeats nothing but the previous one is somebody saying it again, and stays.
    """
    new, old = [plain(word) for word in words], [plain(word) for word in previous]
    for length in range(min(len(new) - 1, len(old)), least - 1, -1):
        if new[:length] == old[-length:]:
            removed.append(f"heard before: {' '.join(words[:length])}")
            return words[length:]
    return words


def _without_lone(words: list[str], lone: tuple[str, ...], removed: list[str]) -> list[str]:
    said = [plain(word) for word in words]
    if words and any(said == once * (len(said) // len(once)) for once in _plain_phrases(lone)):
        removed.append(f"alone: {' '.join(words)}")
        return []
    return words
