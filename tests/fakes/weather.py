"""Providers as they are on a bad day, behind Balto's own clients: HTTP and live sockets that fail one time in five.

Speech is written into the audio: a run of samples of value n is the n-th word of `WORDS`, 0 is silence. So a text says
exactly which audio was heard, and what was lost or heard twice shows.
"""

import asyncio
import json
import random
from collections import Counter
from typing import Any

import httpx
import numpy as np

from pipeline.providers.errors import AnswerUnreadable, CallLost, CallRefused, Category
from pipeline.transcription.recognition import Recognition

WORDS = ("tenho", "muita", "dor", "de", "cabeça", "forte")
PASSING = ("429", "429-retry-after", "500", "503", "hang", "refused", "cut", "malformed", "schema")
NO_CREDIT = "401-quota"
SCRIBE_ERRORS: dict[str, tuple[int, str]] = {
    "429": (429, "concurrent_limit_exceeded"),
    "429-retry-after": (429, "system_busy"),
    "500": (500, "internal_error"),
    "503": (503, "service_unavailable"),
    NO_CREDIT: (401, "quota_exceeded"),
}


def spoken(first: int, last: int, samples_per_word: int) -> bytes:
    """The words from `first` to before `last`."""
    return np.repeat(np.arange(first + 1, last + 1, dtype="<i2"), samples_per_word).tobytes()


def understood(pcm: bytes) -> str:
    values = np.frombuffer(pcm[: len(pcm) // 2 * 2], dtype="<i2")
    begins = np.flatnonzero(np.diff(values, prepend=np.int16(0)))
    return " ".join(WORDS[value - 1] for value in values[begins].tolist() if value)


class Weather:
    """Draws what happens to each request; `at_a_time` is how many it has, `faults` what it made of them."""

    def __init__(self, seed: int, share: float = 0.2, no_credit_share: float = 0.0) -> None:
        self._chance = random.Random(seed)
        self._share = share
        self._no_credit_share = no_credit_share
        self.asked = 0
        self.at_a_time = 0
        self.most_at_a_time = 0
        self.faults: Counter[str] = Counter()

    def draw(self) -> str | None:
        self.asked += 1
        lot = self._chance.random()
        fault = None
        if lot < self._no_credit_share:
            fault = NO_CREDIT
        elif lot < self._share:
            fault = self._chance.choice(PASSING)
        if fault:
            self.faults[fault] += 1
        return fault

    async def passes(self) -> None:
        await asyncio.sleep(self._chance.uniform(0.2, 0.6))

    def client(self, base_url: str, settings: object, headers: object) -> httpx.AsyncClient:
        """In place of `transport.open_client`."""
        return httpx.AsyncClient(base_url="http://provider.invalid", transport=httpx.MockTransport(self.answer))

    async def answer(self, request: httpx.Request) -> httpx.Response:
        self.at_a_time += 1
        self.most_at_a_time = max(self.most_at_a_time, self.at_a_time)
        try:
            fault = self.draw()
            if fault == "refused":
                raise httpx.ConnectError("refused", request=request)
            await self.passes()
            return await self._made_of(request, fault)
        finally:
            self.at_a_time -= 1

    async def _made_of(self, request: httpx.Request, fault: str | None) -> httpx.Response:
        if fault in SCRIBE_ERRORS:
            status, code = SCRIBE_ERRORS[fault]
            headers = {"retry-after": "1"} if fault == "429-retry-after" else {}
            return httpx.Response(status, json={"detail": {"status": code}}, headers=headers)
        if fault == "hang":
            await asyncio.Event().wait()
        if fault == "cut":
            raise httpx.RemoteProtocolError("peer closed the connection", request=request)
        if fault == "malformed":
            return httpx.Response(200, content=b'{"text": "tenho')
        if fault == "schema":
            return httpx.Response(200, json={"unexpected": [1, 2, 3]})
        return httpx.Response(200, json=_chosen(request) if "chat" in request.url.path else _heard(request))


def _heard(request: httpx.Request) -> dict[str, Any]:
    pcm = request.content.rsplit(b"\r\n\r\n", 1)[1].rsplit(b"\r\n--", 1)[0]
    return {"text": understood(pcm), "language_code": "por", "words": []}


def _chosen(request: httpx.Request) -> dict[str, Any]:
    """The first product that may be chosen, with a literal quote."""
    question = json.loads(json.loads(request.content)["messages"][1]["content"])
    sku = question["produtos_permitidos"][0]["sku"]
    item = {"sku": sku, "explicacao": "O cliente falou de dor de cabeça.", "evidencia": ["dor de cabeça"]}
    message = {"content": json.dumps({"itens": [item]})}
    return {"model": "grok-4.3", "choices": [{"message": message}], "usage": {"prompt_tokens": 600}}


class LiveSocket:
    """In place of a `ScribeSocket`."""

    def __init__(self, weather: Weather) -> None:
        self._weather = weather
        self._heard = b""
        self.alive = True

    async def send(self, pcm: bytes, previous_text: str = "") -> None:
        if not self.alive:
            raise CallLost(Category.TRANSIENT, "the stream was closed")
        self._heard += pcm

    async def commit(self, timeout_s: float) -> Recognition:
        heard, self._heard = self._heard, b""
        fault = self._weather.draw()
        if fault is not None:
            await self._fail(fault, timeout_s)
        await self._weather.passes()
        return Recognition(understood(heard))

    async def _fail(self, fault: str, timeout_s: float) -> None:
        self.alive = False
        if fault == "hang":
            await asyncio.sleep(timeout_s)
            raise CallLost(Category.TIMEOUT, "no text came for a commit", billed=True)
        if fault in ("malformed", "schema"):
            raise AnswerUnreadable(Category.MALFORMED, "a commit without text", billed=True)
        if fault in ("429", "429-retry-after"):
            raise CallRefused(Category.RATE, "the stream ended with rate_limited")
        raise CallLost(Category.TRANSIENT, "the stream was closed", billed=True)

    async def close(self) -> None:
        self.alive = False
