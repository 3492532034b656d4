"""What can be made to go wrong: by a header on one request, by a script, or by chance at a given rate."""

import asyncio
import json
import random
from collections import Counter, deque
from collections.abc import AsyncIterator, Callable, Iterable
from contextlib import suppress
from enum import StrEnum
from typing import Any

from fastapi import Request
from fastapi.responses import JSONResponse, Response, StreamingResponse
from starlette.types import Receive, Scope, Send

FAULT_HEADER = "x-sandbox-fault"
LONGEST_HANG_S = 120.0
DRIBBLE_PAUSE_S = 0.2
RETRY_AFTER_S = 1


class Service(StrEnum):
    """What can be told to fail, one by one."""

    ELEVENLABS = "elevenlabs"
    ELEVENLABS_REALTIME = "elevenlabs_realtime"
    XAI_CHAT = "xai_chat"
    XAI_SPEECH = "xai_stt"
    OPENAI_SPEECH = "openai_stt"


class Fault(StrEnum):
    NONE = "none"
    BUSY = "429"
    BUSY_RETRY_AFTER = "429-retry-after"
    KEY = "401-key"
    QUOTA = "401-quota"
    CREDIT = "403-credit"
    ERROR = "500"
    UNAVAILABLE = "503"
    HANG = "hang"  # the request is taken and nothing ever comes back
    DRIBBLE = "dribble"  # the body comes, one byte now and then
    CUT = "cut"  # the connection breaks in the middle of the body
    MALFORMED = "malformed"  # 200 with broken JSON
    SCHEMA = "schema"  # 200 with JSON of another shape
    CLOSE = "close"  # a WebSocket closes in the middle of an utterance


STATUS = {
    Fault.BUSY: 429,
    Fault.BUSY_RETRY_AFTER: 429,
    Fault.KEY: 401,
    Fault.QUOTA: 401,
    Fault.CREDIT: 403,
    Fault.ERROR: 500,
    Fault.UNAVAILABLE: 503,
}
BY_CHANCE = tuple(
    fault for fault in Fault if fault not in (Fault.NONE, Fault.KEY, Fault.QUOTA, Fault.CREDIT, Fault.CLOSE)
)


class FaultBook:
    """Which fault the next request of each service gets. Also counts what was asked and what was played."""

    def __init__(self, seed: int = 0) -> None:
        self._scripts: dict[Service, deque[Fault]] = {}
        self._rates: dict[Service, float] = {}
        self._chance = random.Random(seed)
        self.requests: Counter[str] = Counter()
        self.played: Counter[str] = Counter()

    def script(self, service: Service, faults: Iterable[Fault]) -> None:
        """The next requests of `service` get these, in order; afterwards all is well again."""
        self._scripts[service] = deque(faults)

    def rate(self, service: Service, share: float) -> None:
        """From now on this share of requests gets a fault that passes by itself, drawn evenly."""
        self._rates[service] = share

    def clear(self) -> None:
        self._scripts.clear()
        self._rates.clear()

    def next(self, service: Service, header: str | None = None) -> Fault:
        self.requests[service] += 1
        fault = self._draw(service, header)
        if fault is not Fault.NONE:
            self.played[f"{service}:{fault}"] += 1
        return fault

    def _draw(self, service: Service, header: str | None) -> Fault:
        if header:
            return Fault(header)
        if script := self._scripts.get(service):
            return script.popleft()
        if self._chance.random() < self._rates.get(service, 0.0):
            return self._chance.choice(BY_CHANCE)
        return Fault.NONE


async def deliver(
    fault: Fault, request: Request, answer: dict[str, Any], vendor_error: Callable[[Fault], dict[str, Any]]
) -> Response:
    """The answer, or what the fault makes of it."""
    if fault in STATUS:
        headers = {"retry-after": str(RETRY_AFTER_S)} if fault is Fault.BUSY_RETRY_AFTER else None
        return JSONResponse(vendor_error(fault), STATUS[fault], headers=headers)
    body = json.dumps(answer, ensure_ascii=False).encode()
    if fault is Fault.HANG:
        with suppress(TimeoutError):
            async with asyncio.timeout(LONGEST_HANG_S):
                await until_the_client_leaves(request)
    if fault is Fault.DRIBBLE:
        return StreamingResponse(_dribble(body), media_type="application/json")
    if fault is Fault.CUT:
        return CutResponse(body, media_type="application/json")
    if fault is Fault.MALFORMED:
        return Response(body[: len(body) // 2], media_type="application/json")
    if fault is Fault.SCHEMA:
        return JSONResponse({"unexpected": [1, 2, 3]})
    return Response(body, media_type="application/json")


async def until_the_client_leaves(request: Request) -> None:
    """Once its body was read."""
    while (await request.receive())["type"] != "http.disconnect":
        pass


async def _dribble(body: bytes) -> AsyncIterator[bytes]:
    for byte in body:
        yield bytes([byte])
        await asyncio.sleep(DRIBBLE_PAUSE_S)


class CutResponse(Response):
    """Promises the whole body, sends half of it and hangs up."""

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        await send({"type": "http.response.start", "status": 200, "headers": self.raw_headers})
        await send({"type": "http.response.body", "body": bytes(self.body)[: len(self.body) // 2], "more_body": True})
        raise ConnectionAbortedError("the sandbox was told to cut this answer")
