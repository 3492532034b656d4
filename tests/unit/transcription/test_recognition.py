import io
import math
import wave

import pytest

from pipeline.providers.errors import AnswerUnreadable, Category
from pipeline.transcription.recognition import (
    Recognition,
    Word,
    joined,
    pcm_seconds,
    text_of,
    two_letters,
    words_of,
)
from pipeline.transcription.wav import wav_file


@pytest.mark.parametrize(
    ("given", "code"),
    [
        ("por", "pt"),
        ("pt", "pt"),
        ("pt-BR", "pt"),
        ("Portuguese", "pt"),
        ("eng", "en"),
        ("deu", "deu"),
        ("", None),
        (7, None),
    ],
)
def test_languages_come_in_many_forms(given: object, code: str | None) -> None:
    assert two_letters(given) == code


def test_spacing_and_events_are_not_words() -> None:
    items = [
        {"text": "Oi", "start": 0.1, "end": 0.4, "type": "word", "logprob": -0.2},
        {"text": " ", "type": "spacing"},
        {"text": "(tosse)", "type": "audio_event"},
        {"text": "tem", "start": None, "end": None, "type": "word"},
        "rubbish",
    ]
    assert words_of(items) == (Word("Oi", 0.1, 0.4, -0.2), Word("tem"))


def test_confidence_is_the_mean_probability_of_what_is_known() -> None:
    words = (Word("a", logprob=math.log(0.5)), Word("b", logprob=0.0), Word("c"))
    assert Recognition("a b c", words).confidence == pytest.approx(0.75)
    assert Recognition("a").confidence is None


@pytest.mark.parametrize("body", [{}, {"text": None}, {"text": 3}, {"transcripts": []}])
def test_an_answer_without_text_is_malformed(body: dict[str, object]) -> None:
    with pytest.raises(AnswerUnreadable) as error:
        text_of(body)
    assert error.value.category is Category.MALFORMED


def test_a_wav_holds_the_audio_as_it_was() -> None:
    pcm = bytes(range(256)) * 10
    with wave.open(io.BytesIO(wav_file(pcm))) as file:
        assert (file.getframerate(), file.getnchannels(), file.getsampwidth()) == (16_000, 1, 2)
        assert file.readframes(file.getnframes()) == pcm
    assert pcm_seconds(pcm) == pytest.approx(0.08)


def test_pieces_of_one_utterance_are_one_text_with_every_stop_that_was_written() -> None:
    pieces = [
        Recognition("Não. ", (Word("não", logprob=0.0),), None),
        Recognition(""),
        Recognition("Tem febre?", (Word("febre", logprob=-0.7),), "pt"),
    ]
    heard = joined(pieces)
    assert heard.text == "Não. Tem febre?"
    assert [word.text for word in heard.words] == ["não", "febre"]
    assert heard.language == "pt"
    assert joined([]).text == ""
