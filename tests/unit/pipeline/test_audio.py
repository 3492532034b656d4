import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.audio import AudioBuffer, AudioGone, samples_from_ms, seconds

CHUNKS = st.lists(st.binary(max_size=64), max_size=30)


def test_units() -> None:
    assert samples_from_ms(300) == 4800
    assert seconds(4800) == 0.3


@given(CHUNKS)
def test_whatever_the_chunking_the_samples_are_the_same(chunks: list[bytes]) -> None:
    audio = AudioBuffer()
    added = sum(audio.append(chunk) for chunk in chunks)
    whole = b"".join(chunks)
    assert added == audio.end_sample == len(whole) // 2
    assert audio.cut(0, audio.end_sample) == whole[: len(whole) // 2 * 2]


@given(CHUNKS, st.data())
def test_any_part_that_is_held_can_be_cut_and_released_parts_raise(chunks: list[bytes], data: st.DataObject) -> None:
    audio = AudioBuffer()
    for chunk in chunks:
        audio.append(chunk)
    whole, end = b"".join(chunks), audio.end_sample
    audio.release_before(data.draw(st.integers(0, end)))
    first = data.draw(st.integers(0, end))
    last = data.draw(st.integers(first, end))
    if first < audio.start_sample:
        with pytest.raises(AudioGone):
            audio.cut(first, last)
    else:
        assert audio.cut(first, last) == whole[2 * first : 2 * last]


@given(CHUNKS, st.integers(0, 1000))
def test_nothing_at_or_after_the_release_point_is_let_go(chunks: list[bytes], point: int) -> None:
    audio = AudioBuffer()
    for chunk in chunks:
        audio.append(chunk)
    audio.release_before(point)
    assert audio.start_sample <= min(point, audio.end_sample)
    assert audio.held_samples == audio.end_sample - audio.start_sample


def test_a_buffer_may_begin_anywhere() -> None:
    audio = AudioBuffer(start_sample=100)
    audio.append(b"\1\0\2\0")
    assert audio.cut(101, 102) == b"\2\0"
