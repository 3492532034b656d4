"""Audio from a WAV file, at the speed of a microphone."""

import asyncio
import shlex
import wave
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Self

from client.errors import AudioSourceError

SAMPLE_RATE_HZ = 16_000
SAMPLE_BYTES = 2
CHUNK_MS = 100


@dataclass(frozen=True, slots=True)
class WavAudio:
    """16 kHz 16-bit mono PCM."""

    pcm: bytes

    @classmethod
    def read(cls, path: Path) -> Self:
        """What there is of it, to the last whole sample. Raises AudioSourceError, saying how to mend it."""
        found, pcm = _read(path)
        if found != (SAMPLE_RATE_HZ, SAMPLE_BYTES, 1):
            rate, width, channels = found
            raise AudioSourceError(
                f"{path} is {rate} Hz, {8 * width} bits, {channels} channel(s); counters send 16000 Hz, 16 bits, "
                f"1 channel: {_mend(path)}"
            )
        if len(pcm) < SAMPLE_BYTES:
            raise AudioSourceError(f"{path} holds no audio, or its header says so; record it again, or {_mend(path)}")
        return cls(pcm[: len(pcm) // SAMPLE_BYTES * SAMPLE_BYTES])

    @property
    def duration_s(self) -> float:
        return len(self.pcm) / (SAMPLE_RATE_HZ * SAMPLE_BYTES)

    def chunks(self, *, tail_s: float = 0.0, chunk_ms: int = CHUNK_MS) -> Iterator[bytes]:
        """The file, then `tail_s` of silence: a microphone does not stop when people do."""
        size = SAMPLE_RATE_HZ * SAMPLE_BYTES * chunk_ms // 1000
        pcm = self.pcm + bytes(round(tail_s * SAMPLE_RATE_HZ) * SAMPLE_BYTES)
        for start in range(0, len(pcm), size):
            yield pcm[start : start + size]


def _read(path: Path) -> tuple[tuple[int, int, int], bytes]:
    """(rate in Hz, bytes of a sample, channels), and the audio."""
    try:
        with wave.open(str(path), "rb") as file:
            found = (file.getframerate(), file.getsampwidth(), file.getnchannels())
            return found, file.readframes(file.getnframes())
    except FileNotFoundError:
        raise AudioSourceError(f"there is no file {path}") from None
    except IsADirectoryError:
        raise AudioSourceError(f"{path} is a folder; name a WAV file in it") from None
    except EOFError:  # carries no text
        why = "it ends before its audio" if path.stat().st_size else "it is empty"
        raise AudioSourceError(f"{path} cannot be read as a WAV file ({why}); record it again") from None
    except OSError as error:
        raise AudioSourceError(f"{path} cannot be read ({error.strerror}); see to the file and its folder") from None
    except wave.Error as error:
        raise AudioSourceError(f"{path} cannot be read as a WAV file ({error}); {_mend(path)}") from None


def _mend(path: Path) -> str:
    return f"convert it with: ffmpeg -i {shlex.quote(str(path))} -ar 16000 -ac 1 -c:a pcm_s16le converted.wav"


async def paced(chunks: Iterator[bytes]) -> AsyncIterator[bytes]:
    """Each chunk when a microphone would have recorded it, against one start: late ones do not delay the rest."""
    loop = asyncio.get_running_loop()
    due_s = loop.time()
    for chunk in chunks:
        due_s += len(chunk) / (SAMPLE_RATE_HZ * SAMPLE_BYTES)
        await asyncio.sleep(max(0.0, due_s - loop.time()))
        yield chunk
