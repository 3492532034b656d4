"""How the emulators behave: how long they take, how many at a time, what goes wrong."""

import asyncio
import hashlib
from collections import Counter, OrderedDict
from collections.abc import AsyncIterator, Coroutine
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from sandbox.faults import FaultBook, Service
from sandbox.recogniser import Recognised, Recogniser
from sandbox.recordings import load_dialogues

REMEMBERED = 1000


@dataclass(frozen=True, slots=True, kw_only=True)
class Timing:
    speech_s: float = 0.25  # batch request whole -> text
    commit_s: float = 0.25  # realtime commit -> text
    chat_s: float = 0.5
    elevenlabs_concurrency: int = 1000  # calls at a time before 429 concurrent_limit_exceeded


@dataclass(slots=True)
class Behaviour:
    """Shared by all emulators of one sandbox."""

    timing: Timing = field(default_factory=Timing)
    faults: FaultBook = field(default_factory=FaultBook)
    recogniser: Recogniser = field(default_factory=lambda: Recogniser(load_dialogues()))
    under_way: Counter[str] = field(default_factory=Counter)  # requests, and realtime sockets, at this moment
    most_at_a_time: Counter[str] = field(default_factory=Counter)
    zero_retention: bool = True  # what xAI's answers say of the team
    heard: OrderedDict[bytes, Recognised] = field(default_factory=OrderedDict)

    async def recognise(self, samples: np.ndarray, within_s: float) -> Recognised:
        """Recognise, and answer when the emulated latency is over."""
        ready = asyncio.get_running_loop().time() + within_s
        recognised = await self._recognise(samples)
        await asyncio.sleep(max(0.0, ready - asyncio.get_running_loop().time()))
        return recognised

    async def _recognise(self, samples: np.ndarray) -> Recognised:
        """Counters of a load test send the same cuts again and again: those are remembered."""
        key = hashlib.blake2b(samples.tobytes(), digest_size=16).digest()
        if (known := self.heard.get(key)) is None:
            known = self.heard[key] = await asyncio.to_thread(self.recogniser.recognise, samples)
        self.heard.move_to_end(key)
        if len(self.heard) > REMEMBERED:
            self.heard.popitem(last=False)
        return known

    @asynccontextmanager
    async def attending(self, service: Service, until_it_leaves: Coroutine[Any, Any, object]) -> AsyncIterator[bool]:
        """Count one client of `service` in, until it is served or leaves. Whether the plan has room for it."""
        self.under_way[service] += 1
        self.most_at_a_time[service] = max(self.most_at_a_time[service], self.under_way[service])
        there = asyncio.create_task(until_it_leaves, name=f"client of {service}")
        counted = [service]

        def gone(_: object = None) -> None:
            if counted:
                self.under_way[counted.pop()] -= 1

        there.add_done_callback(gone)
        try:
            yield service is not Service.ELEVENLABS or self.under_way[service] <= self.timing.elevenlabs_concurrency
        finally:
            there.cancel()
            gone()  # before the answer is on its way: the client's next request may be here before a callback's turn
