"""The load generator: many counters in one process of their own, each streaming speech at the speed of a microphone.

Prints a JSON line once all are connected, and one with what became of them when its standard input ends.
"""

import argparse
import asyncio
import json
import random
import sys
from collections import Counter as Tally
from dataclasses import dataclass, field
from typing import cast

import uvloop
from websockets.client import ClientProtocol
from websockets.frames import Frame, Opcode
from websockets.http11 import Response
from websockets.uri import parse_uri

from benchmarks.scale.programme import SEED, frames, programme

LATE_SEND_S = 0.05
CONNECT_TIMEOUT_S = 30.0


@dataclass
class Outcome:
    sent: int = 0
    sent_late: int = 0  # by the generator itself: a busy one judges nobody
    cards: int = 0
    closed: Tally[str] = field(default_factory=Tally)


class Counter(asyncio.Protocol):
    """One counter: a handshake, a key, then frames on time until it is stopped."""

    def __init__(self, url: str, key: str, playlist: list[bytes], first: int, chunk_s: float, outcome: Outcome) -> None:
        self._loop = asyncio.get_running_loop()
        self._protocol = ClientProtocol(parse_uri(url), max_size=1 << 20)
        self._key = key
        self._playlist, self._next, self._chunk_s = playlist, first, chunk_s
        self._outcome = outcome
        self._timer: asyncio.TimerHandle | None = None
        self.connected: asyncio.Future[None] = self._loop.create_future()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast(asyncio.Transport, transport)  # uvloop's is one in all but name
        self._protocol.send_request(self._protocol.connect())
        self._flush()

    def data_received(self, data: bytes) -> None:
        self._protocol.receive_data(data)
        for event in self._protocol.events_received():
            if isinstance(event, Response):
                self._begin()
            elif isinstance(event, Frame) and event.opcode is Opcode.TEXT:
                self._outcome.cards += b'"recomendar"' in bytes(event.data)
        self._flush()

    def connection_lost(self, error: Exception | None) -> None:
        self._stop_sending()
        code = self._protocol.close_rcvd.code if self._protocol.close_rcvd else 1006
        if not self.connected.done():
            self.connected.set_exception(ConnectionError(f"closed with {code} before the handshake"))
        elif not self._leaving:
            self._outcome.closed[str(code)] += 1

    _leaving = False

    def leave(self) -> None:
        self._leaving = True
        self._stop_sending()
        if self._transport.is_closing():
            return
        self._protocol.send_close(1000)
        self._flush()
        self._transport.close()

    def _begin(self) -> None:
        if self._protocol.handshake_exc is not None:
            self.connected.set_exception(self._protocol.handshake_exc)
            return
        self._protocol.send_text(json.dumps({"comando": "auth", "api_key": self._key}).encode())
        self.connected.set_result(None)
        self._due = self._loop.time() + self._chunk_s * random.random()
        self._timer = self._loop.call_at(self._due, self._send)

    def _send(self) -> None:
        outcome = self._outcome
        outcome.sent += 1
        outcome.sent_late += self._loop.time() - self._due > LATE_SEND_S
        self._transport.write(self._playlist[self._next])
        self._next = (self._next + 1) % len(self._playlist)
        self._due += self._chunk_s
        self._timer = self._loop.call_at(self._due, self._send)

    def _flush(self) -> None:
        for data in self._protocol.data_to_send():
            if data:
                self._transport.write(data)

    def _stop_sending(self) -> None:
        if self._timer is not None:
            self._timer.cancel()


async def run(arguments: argparse.Namespace) -> None:
    playlist = frames(programme(), arguments.chunk_ms)
    outcome, counters = Outcome(), []
    uri = parse_uri(arguments.url)
    random.seed(SEED)
    for number in range(arguments.counters):
        first = random.randrange(len(playlist))
        key = arguments.keys[number % len(arguments.keys)]
        _, counter = await asyncio.get_running_loop().create_connection(
            lambda key=key, first=first: Counter(  # type: ignore[misc]  # bound now
                arguments.url, key, playlist, first, arguments.chunk_ms / 1000, outcome
            ),
            uri.host,
            uri.port,
        )
        counters.append(counter)
        await asyncio.sleep(arguments.ramp_s / arguments.counters)
    async with asyncio.timeout(CONNECT_TIMEOUT_S):
        await asyncio.gather(*(counter.connected for counter in counters))
    print(json.dumps({"connected": len(counters)}), flush=True)
    while line := await asyncio.to_thread(sys.stdin.readline):
        assert line.strip() == "count"
        print(json.dumps(_report(outcome, counters)), flush=True)
    for counter in counters:
        counter.leave()
    await asyncio.sleep(0.5)


def _report(outcome: Outcome, counters: list[Counter]) -> dict[str, object]:
    return {
        "sent": outcome.sent,
        "sent_late": outcome.sent_late,
        "cards": outcome.cards,
        "carried": len(counters) - sum(outcome.closed.values()),
        "closed": dict(outcome.closed),
    }


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--url", required=True)
    parser.add_argument("--keys", nargs="+", required=True)
    parser.add_argument("--counters", type=int, required=True)
    parser.add_argument("--chunk-ms", type=int, required=True)
    parser.add_argument("--ramp-s", type=float, required=True)
    uvloop.run(run(parser.parse_args()))


if __name__ == "__main__":
    main()
