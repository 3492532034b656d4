"""One WebSocket to ElevenLabs' realtime Scribe, manual commit. Single use: when it breaks, open another.

Facts: SDK 2.78 and the vendor's skill of August 2026. A commit is a chunk with empty audio and `commit: true`.
With timestamps each commit is answered twice; the answer with words is the one that counts.
"""

import asyncio
import base64
import json
from collections.abc import Callable, Mapping, Sequence
from typing import Any
from urllib.parse import urlencode

from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed, InvalidHandshake, InvalidStatus, WebSocketException

from configs.transcription import ElevenLabsRealtimeSettings
from pipeline.audio import SAMPLE_RATE_HZ
from pipeline.providers.classify import CODES, classify
from pipeline.providers.errors import AnswerUnreadable, CallLost, CallRefused, Category, ProviderError
from pipeline.transcription.recognition import Recognition, two_letters, words_of

PATH = "/v1/speech-to-text/realtime"
LONGEST_CHUNK_BYTES = SAMPLE_RATE_HZ * 2  # one second per message
LONGEST_PREVIOUS_CHARS = 49
CLOSE_TIMEOUT_S = 1.0
COMMITTED = "committed_transcript"
COMMITTED_WITH_WORDS = "committed_transcript_with_timestamps"


class ScribeSocket:
    """Use `await ScribeSocket.open(…)`, then `send` and `commit`, then `close`."""

    def __init__(self, socket: ClientConnection, on_partial: Callable[[str], None]) -> None:
        self._socket = socket
        self._on_partial = on_partial
        self._waiting: asyncio.Future[Recognition] | None = None
        self._failure: ProviderError | None = None
        self._first = True
        self._reader = asyncio.create_task(self._read(), name="scribe-reader")

    @classmethod
    async def open(
        cls,
        settings: ElevenLabsRealtimeSettings,
        base_url: str,
        api_key: str,
        keyterms: Sequence[str],
        on_partial: Callable[[str], None],
    ) -> "ScribeSocket":
        """Raises CallRefused when the handshake is refused, CallLost when there is none."""
        try:
            socket = await connect(
                address(settings, base_url, keyterms),
                additional_headers={"xi-api-key": api_key},
                open_timeout=settings.call.connect_timeout_s,
                close_timeout=CLOSE_TIMEOUT_S,
                compression=None,
                proxy=None,
            )
        except InvalidStatus as error:
            status = error.response.status_code
            category = classify(status, _decoded(error.response.body))
            raise CallRefused(category, f"handshake refused with HTTP {status}", http_status=status) from error
        except TimeoutError as error:
            raise CallLost(Category.TIMEOUT, "could not connect in time") from error
        except (OSError, InvalidHandshake, WebSocketException) as error:
            raise CallLost(Category.TRANSIENT, "could not connect") from error
        return cls(socket, on_partial)

    @property
    def alive(self) -> bool:
        return self._failure is None and not self._reader.done()

    async def send(self, pcm: bytes, previous_text: str = "") -> None:
        """Audio of the open utterance; `previous_text` goes with the first chunk only. b"" keeps the stream alive."""
        for start in range(0, max(1, len(pcm)), LONGEST_CHUNK_BYTES):
            await self._message(pcm[start : start + LONGEST_CHUNK_BYTES], previous_text=previous_text)

    async def commit(self, timeout_s: float) -> Recognition:
        """End the utterance and wait for its words. Raises ProviderError."""
        self._waiting = asyncio.get_running_loop().create_future()
        try:
            await self._message(b"", commit=True)
            async with asyncio.timeout(timeout_s):
                return await self._waiting
        except TimeoutError as error:
            raise CallLost(Category.TIMEOUT, "no text came for a commit", billed=True) from error
        except asyncio.CancelledError:
            # The answer that is still to come must not be taken for the next one's.
            self._fail(CallLost(Category.TRANSIENT, "a commit was left alone", billed=True))
            raise
        finally:
            self._waiting = None

    async def close(self) -> None:
        self._reader.cancel()
        await asyncio.gather(self._reader, return_exceptions=True)
        await self._socket.close()

    async def _message(self, pcm: bytes, *, commit: bool = False, previous_text: str = "") -> None:
        if self._failure:
            raise self._failure
        message: dict[str, Any] = {
            "message_type": "input_audio_chunk",
            "audio_base_64": base64.b64encode(pcm).decode("ascii"),
            "commit": commit,
            "sample_rate": SAMPLE_RATE_HZ,
        }
        if self._first and previous_text:
            message["previous_text"] = previous_text[-LONGEST_PREVIOUS_CHARS:]
        self._first = False
        try:
            await self._socket.send(json.dumps(message))
        except ConnectionClosed as error:
            raise self._failure or CallLost(Category.TRANSIENT, "the stream was closed") from error

    async def _read(self) -> None:
        try:
            async for message in self._socket:
                self._receive(message)
        except ConnectionClosed:
            pass
        self._fail(CallLost(Category.TRANSIENT, "the stream was closed", billed=True))

    def _receive(self, message: str | bytes) -> None:
        event = _decoded(message)
        if not isinstance(event, Mapping):
            self._fail(AnswerUnreadable(Category.MALFORMED, "a message that is not JSON", billed=True))
            return
        kind = event.get("message_type")
        if kind == "partial_transcript":
            self._on_partial(str(event.get("text", "")))
        elif kind in (COMMITTED, COMMITTED_WITH_WORDS):
            self._committed(str(kind), event)
        elif kind in CODES:
            self._fail(CallRefused(CODES[str(kind)], f"the stream ended with {kind}"))
        # Anything else (session_started, entities, warnings, what is yet to be invented) is not for us.

    def _committed(self, kind: str, event: Mapping[str, Any]) -> None:
        text = event.get("text")
        if not isinstance(text, str):
            self._fail(AnswerUnreadable(Category.MALFORMED, "a commit without text", billed=True))
        elif kind == COMMITTED_WITH_WORDS and self._waiting and not self._waiting.done():
            # Nobody waits for a repeated answer: providers were seen to send one, and it must not count twice.
            heard = Recognition(text, words_of(event.get("words")), two_letters(event.get("language_code")))
            self._waiting.set_result(heard)

    def _fail(self, error: ProviderError) -> None:
        self._failure = self._failure or error
        if self._waiting and not self._waiting.done():
            self._waiting.set_exception(self._failure)


def address(settings: ElevenLabsRealtimeSettings, base_url: str, keyterms: Sequence[str]) -> str:
    query = [
        ("model_id", settings.model),
        ("audio_format", "pcm_16000"),
        ("commit_strategy", "manual"),
        ("language_code", settings.language),
        ("include_timestamps", "true"),
        ("enable_logging", "true" if settings.enable_logging else "false"),
        *(("keyterms", term) for term in keyterms),
    ]
    return f"ws{base_url.rstrip('/').removeprefix('http')}{PATH}?{urlencode(query)}"


def _decoded(message: str | bytes | bytearray | None) -> object:
    try:
        return json.loads(message or b"")
    except ValueError:
        return None
