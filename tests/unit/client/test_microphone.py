from pathlib import Path

import pytest

from client.errors import AudioSourceError
from client.microphone import microphone, recorder_command


def recorder(folder: Path, name: str, script: str, monkeypatch: pytest.MonkeyPatch) -> None:
    path = folder / name
    path.write_text(f"#!/bin/sh\n{script}\n")
    path.chmod(0o755)
    monkeypatch.setenv("PATH", f"{folder}:/usr/bin:/bin")


async def test_audio_comes_from_the_system_recorder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    recorder(tmp_path, "arecord", "head -c 6400 /dev/zero; exec sleep 60", monkeypatch)
    heard = b""
    source = microphone()
    async for chunk in source:
        heard += chunk
        if len(heard) >= 6_400:
            break
    await source.aclose()  # ends the recorder too: pytest would report an unclosed transport
    assert heard == bytes(6_400)


async def test_a_recorder_that_fails_is_quoted(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    recorder(tmp_path, "arecord", "echo 'no such device hw:9' >&2; exit 1", monkeypatch)
    with pytest.raises(AudioSourceError, match="arecord stopped: no such device hw:9"):
        async for _ in microphone("hw:9"):
            pass


def test_the_device_is_handed_on(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    recorder(tmp_path, "parec", "true", monkeypatch)
    monkeypatch.setenv("PATH", str(tmp_path))
    assert recorder_command("alsa_input.usb")[-1] == "--device=alsa_input.usb"
    assert recorder_command()[0] == "parec"


def test_no_recorder_says_what_to_install(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(AudioSourceError, match="apt install alsa-utils"):
        recorder_command()
