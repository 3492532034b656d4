"""The floor: the same gate behind one uvicorn process, with no Ray, no record and no providers.

Every tick the new audio of all counters is decided in one step, as a gate replica does. What this costs is what no
arrangement of processes can save.
"""

import argparse
import asyncio
import gc
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import uvicorn
from fastapi import FastAPI, WebSocket, WebSocketDisconnect

from configs.gate import GateSettings
from configs.ingress import IngressSettings
from deployments.lag import LagHistogram
from pipeline.gate.host import make_host
from pipeline.ids import new_id
from pipeline.stages import StreamOpening, StreamTick

TICK_S = IngressSettings().tick_ms / 1000


class Stream:
    def __init__(self) -> None:
        self.stream_id = new_id()
        self.waiting: list[bytes] = []
        self.sent_samples = 0
        self.began_s = 0.0
        self.opened = False

    def tick(self) -> StreamTick:
        pcm, start = b"".join(self.waiting), self.sent_samples
        self.waiting.clear()
        self.sent_samples += len(pcm) // 2
        opening = None if self.opened else StreamOpening()
        self.opened = True
        return StreamTick(self.stream_id, start, pcm, opening)


class Floor:
    def __init__(self) -> None:
        self.host = make_host(GateSettings())
        self.streams: dict[Stream, None] = {}
        self.lag = LagHistogram()

    async def serve(self, websocket: WebSocket) -> None:
        await websocket.accept()
        stream = Stream()
        self.streams[stream] = None
        try:
            await websocket.receive_text()  # the key
            while True:
                pcm = await websocket.receive_bytes()
                if not stream.began_s:
                    stream.began_s = asyncio.get_running_loop().time()
                stream.waiting.append(pcm)
        except WebSocketDisconnect:
            self.host.forget([stream.stream_id])
            del self.streams[stream]

    async def run(self) -> None:
        loop = asyncio.get_running_loop()
        due = loop.time()
        while True:
            due = max(due + TICK_S, loop.time() - TICK_S)
            self._tick(loop)
            await asyncio.sleep(max(0.0, due - loop.time()))

    def _tick(self, loop: asyncio.AbstractEventLoop) -> None:
        streams = [stream for stream in self.streams if stream.waiting]
        ticks = [stream.tick() for stream in streams]
        self.host.step(ticks)
        now_s = loop.time()
        for stream, tick in zip(streams, ticks, strict=True):
            self.lag.add(tick.start_sample, tick.end_sample, stream.began_s, now_s)


def make_app() -> FastAPI:
    floor = Floor()

    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        gc.freeze()
        ticking = asyncio.create_task(floor.run(), name="ticks")
        try:
            yield
        finally:
            ticking.cancel()

    app = FastAPI(lifespan=lifespan)

    @app.websocket("/ws")
    async def counter(websocket: WebSocket) -> None:
        await floor.serve(websocket)

    @app.get("/measurements")
    async def measurements() -> list[dict[str, object]]:
        return [{"counters": len(floor.streams), "lag_counts": floor.lag.counts}]

    return app


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--port", type=int, required=True)
    uvicorn.run(make_app(), host="127.0.0.1", port=parser.parse_args().port, log_level="warning", loop="uvloop")


if __name__ == "__main__":
    main()
