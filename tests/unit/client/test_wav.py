import asyncio
import wave
from pathlib import Path

import pytest

from client.errors import AudioSourceError
from client.wav import WavAudio, paced


def write_wav(path: Path, pcm: bytes, *, rate: int = 16_000, channels: int = 1, width: int = 2) -> Path:
    with wave.open(str(path), "wb") as file:
        file.setnchannels(channels)
        file.setsampwidth(width)
        file.setframerate(rate)
        file.writeframes(pcm)
    return path


def test_chunks_are_the_file_then_silence(tmp_path: Path) -> None:
    pcm = bytes(range(256)) * 25  # 200 ms
    audio = WavAudio.read(write_wav(tmp_path / "a.wav", pcm))
    assert audio.duration_s == 0.2
    chunks = list(audio.chunks(tail_s=0.15))
    assert b"".join(chunks) == pcm + bytes(4_800)
    assert [len(chunk) for chunk in chunks] == [3_200, 3_200, 3_200, 1_600]


@pytest.mark.parametrize(
    ("options", "named"),
    [({"rate": 44_100}, "44100 Hz"), ({"channels": 2}, r"2 channel\(s\)"), ({"width": 1}, "8 bits")],
)
def test_another_format_is_refused_with_its_mend(tmp_path: Path, options: dict[str, int], named: str) -> None:
    path = write_wav(tmp_path / "a.wav", bytes(6_400), **options)
    with pytest.raises(AudioSourceError, match=f"{named}.*ffmpeg -i"):
        WavAudio.read(path)


def test_a_file_that_is_no_wav_is_named(tmp_path: Path) -> None:
    path = tmp_path / "a.wav"
    path.write_bytes(b"ID3 not a WAV")
    with pytest.raises(AudioSourceError, match=r"a\.wav cannot be read as a WAV file"):
        WavAudio.read(path)
    with pytest.raises(AudioSourceError, match="there is no file"):
        WavAudio.read(tmp_path / "none.wav")


def test_the_mend_can_be_pasted_whatever_the_file_is_called(tmp_path: Path) -> None:
    path = write_wav(tmp_path / "manhã nº 1.wav", bytes(6_400), rate=8_000)
    with pytest.raises(AudioSourceError, match=r"ffmpeg -i '.*/manhã nº 1\.wav' -ar 16000"):
        WavAudio.read(path)


@pytest.mark.parametrize(("kept_bytes", "why"), [(0, "it is empty"), (30, "it ends before its audio")])
def test_a_file_without_even_a_header_is_told(tmp_path: Path, kept_bytes: int, why: str) -> None:
    path = write_wav(tmp_path / "a.wav", bytes(6_400))
    path.write_bytes(path.read_bytes()[:kept_bytes])
    with pytest.raises(AudioSourceError, match=why):
        WavAudio.read(path)


def test_a_folder_is_no_recording(tmp_path: Path) -> None:
    with pytest.raises(AudioSourceError, match="is a folder; name a WAV file in it"):
        WavAudio.read(tmp_path)


def test_a_recording_without_audio_is_told(tmp_path: Path) -> None:
    """Also what a recorder leaves that was cut off before it wrote the length: ffmpeg reads that one."""
    with pytest.raises(AudioSourceError, match=r"a\.wav holds no audio, or its header says so.*ffmpeg -i"):
        WavAudio.read(write_wav(tmp_path / "a.wav", b""))


def test_a_recording_cut_short_is_heard_to_its_last_whole_sample(tmp_path: Path) -> None:
    path = write_wav(tmp_path / "a.wav", bytes(range(200)) * 32)
    path.write_bytes(path.read_bytes()[:-3_201])
    assert WavAudio.read(path).pcm == (bytes(range(200)) * 16)[:-2]


async def test_pacing_keeps_to_one_start(monkeypatch: pytest.MonkeyPatch) -> None:
    """A consumer that loses 50 ms on every chunk still gets each one when a microphone would have recorded it."""
    loop = asyncio.get_running_loop()
    now_s = 100.0

    async def sleep(delay_s: float) -> None:
        nonlocal now_s
        now_s += delay_s

    monkeypatch.setattr(loop, "time", lambda: now_s)
    monkeypatch.setattr("client.wav.asyncio.sleep", sleep)
    seen = []
    async for _ in paced(iter([bytes(3_200)] * 4)):
        seen.append(round(now_s - 100.0, 6))
        now_s += 0.05
    assert seen == [0.1, 0.2, 0.3, 0.4]
