"""The emulator under the vendor's own client: what it accepts and understands is what ours may rely on."""

import asyncio
import base64
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import httpx
import pytest
from elevenlabs import AsyncElevenLabs
from elevenlabs.core import ApiError
from elevenlabs.realtime import RealtimeEvents
from elevenlabs.realtime.scribe import AudioFormat, CommitStrategy, ScribeRealtime

from sandbox.faults import Fault, Service
from sandbox.recordings import Dialogue
from sandbox.server import SandboxServer

NO_RETRY = {"max_retries": 0}


@asynccontextmanager
async def client(sandbox: SandboxServer, key: str = "sandbox-key") -> AsyncIterator[AsyncElevenLabs]:
    """The SDK never closes the HTTP client that it makes: it gets one that is closed."""
    async with httpx.AsyncClient() as http:
        yield AsyncElevenLabs(api_key=key, base_url=sandbox.url, httpx_client=http)


async def test_batch_text_words_and_probabilities(sandbox: SandboxServer, dialogue: Dialogue) -> None:
    async with client(sandbox) as sdk:
        answer = await sdk.speech_to_text.convert(
            model_id="scribe_v2",
            file=dialogue.samples().tobytes(),
            file_format="pcm_s16le_16",
            language_code="pt",
            tag_audio_events=False,
            keyterms=["Dorflex", "Sal de Fruta"],
        )
    assert answer.text == " ".join(dialogue.utterances)
    words = [word for word in answer.words if word.type == "word"]
    assert [word.text for word in words] == answer.text.split()
    assert all(word.start is not None and word.end is not None and word.logprob <= 0 for word in words)
    assert answer.language_code == "por"
    assert answer.audio_duration_secs == pytest.approx(len(dialogue.samples()) / 16_000, abs=0.01)


async def test_batch_takes_a_wav_file_too(sandbox: SandboxServer, dialogue: Dialogue) -> None:
    async with client(sandbox) as sdk:
        answer = await sdk.speech_to_text.convert(model_id="scribe_v2", file=dialogue.wav.read_bytes())
    assert answer.text == " ".join(dialogue.utterances)


@pytest.mark.parametrize(
    ("fault", "status", "code"),
    [
        (Fault.BUSY, 429, "concurrent_limit_exceeded"),
        (Fault.QUOTA, 401, "quota_exceeded"),
        (Fault.KEY, 401, "invalid_api_key"),
        (Fault.CREDIT, 403, "subscription_required"),
        (Fault.ERROR, 500, "internal_error"),
    ],
)
async def test_batch_errors_look_like_the_vendors(
    sandbox: SandboxServer, dialogue: Dialogue, fault: Fault, status: int, code: str
) -> None:
    sandbox.behaviour.faults.script(Service.ELEVENLABS, [fault])
    async with client(sandbox) as sdk:
        with pytest.raises(ApiError) as error:
            await sdk.speech_to_text.convert(
                model_id="scribe_v2", file=dialogue.wav.read_bytes(), request_options=NO_RETRY
            )
    assert error.value.status_code == status
    assert error.value.body["detail"]["status"] == code


@pytest.mark.parametrize("changes", [{"model_id": "scribe_v1"}, {"keyterms": ["x" * 60]}, {"file": b"\0\0" * 100}])
async def test_what_the_vendor_refuses_is_refused(
    sandbox: SandboxServer, dialogue: Dialogue, changes: dict[str, object]
) -> None:
    given = {"model_id": "scribe_v2", "file": dialogue.samples().tobytes(), "file_format": "pcm_s16le_16"} | changes
    async with client(sandbox) as sdk:
        with pytest.raises(ApiError) as error:
            await sdk.speech_to_text.convert(**given, request_options=NO_RETRY)
    assert error.value.status_code in (400, 422)


async def test_a_wrong_key_is_refused(sandbox: SandboxServer, dialogue: Dialogue) -> None:
    async with client(sandbox, "invalid") as sdk:
        with pytest.raises(ApiError) as error:
            await sdk.speech_to_text.convert(model_id="scribe_v2", file=dialogue.wav.read_bytes())
    assert error.value.status_code == 401


class Listener:
    """Collects what a realtime connection says."""

    def __init__(self) -> None:
        self.said: asyncio.Queue[tuple[str, dict[str, object]]] = asyncio.Queue()

    async def connect(self, sandbox: SandboxServer, key: str = "sandbox-key", **options: object):  # type: ignore[no-untyped-def]
        scribe = ScribeRealtime(api_key=key, base_url=sandbox.url.replace("http", "ws"))
        connection = await scribe.connect(
            {
                "model_id": "scribe_v2_realtime",
                "audio_format": AudioFormat.PCM_16000,
                "sample_rate": 16_000,
                "commit_strategy": CommitStrategy.MANUAL,
                "language_code": "pt",
                "include_timestamps": True,
                **options,
            }
        )
        for event in RealtimeEvents:
            connection.on(event, lambda data=None, name=event.value: self.said.put_nowait((name, data)))
        return connection

    async def until(self, name: str) -> dict[str, object]:
        async with asyncio.timeout(5):
            while True:
                said, data = await self.said.get()
                if said == name:
                    return data


async def test_realtime_partials_commits_and_timestamps(sandbox: SandboxServer, dialogue: Dialogue) -> None:
    listener = Listener()
    connection = await listener.connect(sandbox, keyterms=["Dorflex"])
    try:
        await listener.until("session_started")
        pcm = dialogue.samples().tobytes()
        for start in range(0, len(pcm), 16_000):
            chunk = base64.b64encode(pcm[start : start + 16_000]).decode()
            await connection.send({"audio_base_64": chunk})
        partial = await listener.until("partial_transcript")
        assert str(partial["text"]) in " ".join(dialogue.utterances)
        await connection.commit()
        assert (await listener.until("committed_transcript"))["text"] == " ".join(dialogue.utterances)
        timed = await listener.until("committed_transcript_with_timestamps")
        assert timed["text"] == " ".join(dialogue.utterances)
        await connection.commit()  # nothing new was said
        assert (await listener.until("committed_transcript"))["text"] == ""
    finally:
        await connection.close()


async def test_realtime_refusals_reach_the_sdk_by_name(sandbox: SandboxServer) -> None:
    listener = Listener()
    connection = await listener.connect(sandbox, key="invalid")
    try:
        assert await listener.until("auth_error")
    finally:
        await connection.close()
