"""ElevenLabs' realtime speech-to-text: `WS /v1/speech-to-text/realtime`, manual commit."""

import asyncio
import base64
import binascii
import json
import uuid
from typing import Any

import numpy as np
from fastapi import APIRouter, WebSocket, WebSocketDisconnect

from sandbox.behaviour import Behaviour
from sandbox.elevenlabs import timed_words
from sandbox.faults import FAULT_HEADER, Fault, Service
from sandbox.sound import RATE_HZ

MODELS = frozenset({"scribe_v2_realtime", "scribe_v2_realtime_turbo", "scribe_v2_realtime_lite", "scribe_v3_live"})
MOST_KEYTERMS, LONGEST_KEYTERM_CHARS = 50, 20
PARTIAL_EVERY_S = 1.0
CLOSED_BY_FAULT = 1011

REFUSALS = {
    Fault.BUSY: "rate_limited",
    Fault.BUSY_RETRY_AFTER: "resource_exhausted",
    Fault.KEY: "auth_error",
    Fault.QUOTA: "quota_exceeded",
    Fault.CREDIT: "quota_exceeded",
    Fault.ERROR: "transcriber_error",
    Fault.UNAVAILABLE: "queue_overflow",
}


def router(behaviour: Behaviour) -> APIRouter:
    routes = APIRouter()

    @routes.websocket("/v1/speech-to-text/realtime")
    async def realtime(socket: WebSocket) -> None:
        await socket.accept()
        session = Session(socket, behaviour)
        async with behaviour.attending(Service.ELEVENLABS_REALTIME, asyncio.Event().wait()):
            try:
                await session.run()
            except WebSocketDisconnect:
                return
            finally:
                session.stop_listening()

    return routes


class Session:
    """One socket. Faults are drawn per commit: the utterance under way is what they hit."""

    def __init__(self, socket: WebSocket, behaviour: Behaviour) -> None:
        self._socket = socket
        self._behaviour = behaviour
        self._audio = bytearray()
        self._partial_at = 0
        self._partial: asyncio.Task[None] | None = None
        self._timestamps = socket.query_params.get("include_timestamps") == "true"

    async def run(self) -> None:
        if refusal := self._refusal():
            await self._fail(*refusal)
            return
        await self._send("session_started", session_id=uuid.uuid4().hex, config=self._config())
        while True:
            try:
                message = json.loads(await self._socket.receive_text())
                audio = base64.b64decode(message.get("audio_base_64", ""), validate=True)
            except (ValueError, binascii.Error):
                await self._fail("input_error", "a message is not JSON with base64 audio")
                return
            if message.get("message_type") != "input_audio_chunk":
                await self._fail("invalid_request", "unknown message_type")
                return
            self._audio += audio
            if message.get("commit"):
                if not await self._commit():
                    return
            else:
                self._listen()

    def _refusal(self) -> tuple[str, str] | None:
        query = self._socket.query_params
        key = self._socket.headers.get("xi-api-key") or query.get("token")
        if not key or key == "invalid":
            return "auth_error", "missing or invalid key"
        if query.get("model_id") not in MODELS:
            return "invalid_request", "model_id is missing or unknown"
        if query.get("audio_format", "pcm_16000") != "pcm_16000":
            return "invalid_request", "the sandbox takes pcm_16000 only"
        terms = query.getlist("keyterms")
        if len(terms) > MOST_KEYTERMS or any(len(term) > LONGEST_KEYTERM_CHARS for term in terms):
            return "invalid_request", "too many or too long keyterms"
        return None

    def _config(self) -> dict[str, Any]:
        query = self._socket.query_params
        return {
            "sample_rate": RATE_HZ,
            "audio_format": "pcm_16000",
            "language_code": query.get("language_code"),
            "commit_strategy": query.get("commit_strategy", "manual"),
            "model_id": query.get("model_id"),
            "include_timestamps": self._timestamps,
        }

    def _listen(self) -> None:
        """Say what is understood so far, now and then; never two at a time, so that a flood of audio is no burden."""
        enough = len(self._audio) - self._partial_at >= PARTIAL_EVERY_S * RATE_HZ * 2
        if enough and (self._partial is None or self._partial.done()):
            self._partial_at = len(self._audio)
            self._partial = asyncio.create_task(self._say_partial(), name="sandbox-partial")

    async def _say_partial(self) -> None:
        recognised = await self._behaviour.recognise(self._samples(), 0.0)
        if recognised.words:
            await self._send("partial_transcript", text=recognised.text)

    def stop_listening(self) -> None:
        if self._partial:
            self._partial.cancel()

    async def _commit(self) -> bool:
        """False when the socket is done for."""
        self.stop_listening()
        fault = self._behaviour.faults.next(Service.ELEVENLABS_REALTIME, self._socket.headers.get(FAULT_HEADER))
        if fault in REFUSALS:
            await self._fail(REFUSALS[fault], "the sandbox was told to refuse")
            return False
        if fault in (Fault.CLOSE, Fault.CUT):
            await self._socket.close(CLOSED_BY_FAULT)
            return False
        if fault in (Fault.HANG, Fault.DRIBBLE):
            return True  # nothing comes; the client's patience decides
        if fault is Fault.MALFORMED:
            await self._socket.send_text('{"message_type": "committed_transcript", "text": "')
            return True
        if fault is Fault.SCHEMA:
            await self._send("committed_transcript", words=1)
            return True
        recognised = await self._behaviour.recognise(self._samples(), self._behaviour.timing.commit_s)
        self._audio.clear()
        self._partial_at = 0
        await self._send("committed_transcript", text=recognised.text)
        if self._timestamps:
            words = timed_words(recognised)
            await self._send(
                "committed_transcript_with_timestamps", text=recognised.text, language_code="por", words=words
            )
        return True

    def _samples(self) -> np.ndarray:
        return np.frombuffer(bytes(self._audio[: len(self._audio) // 2 * 2]), dtype="<i2")

    async def _send(self, message_type: str, **fields: object) -> None:
        await self._socket.send_text(json.dumps({"message_type": message_type} | fields, ensure_ascii=False))

    async def _fail(self, message_type: str, error: str) -> None:
        await self._send(message_type, error=error)
        await self._socket.close(1008)
