"""The sandbox server: every emulator on one port, and the switches for what goes wrong.

`POST /sandbox/faults {"service": "elevenlabs", "script": ["429", "hang"]}` or `{"service": …, "rate": 0.2}`;
`DELETE /sandbox/faults` mends everything; `GET /sandbox/state` counts requests, faults played, and the most that each
service had at a time.
"""

import asyncio
import json
import socket
from typing import Any

import uvicorn
from fastapi import FastAPI
from pydantic import BaseModel, ConfigDict, Field

from sandbox import elevenlabs, elevenlabs_realtime, openai_speech, xai
from sandbox.behaviour import Behaviour, Timing
from sandbox.faults import Fault, Service

GRACE_S = 1


class FaultOrder(BaseModel):
    model_config = ConfigDict(extra="forbid")

    service: Service
    script: list[Fault] = []
    rate: float | None = Field(None, ge=0, le=1)


def make_app(behaviour: Behaviour) -> FastAPI:
    app = FastAPI(title="Balto sandbox", openapi_url=None)
    for emulator in (elevenlabs, elevenlabs_realtime, xai, openai_speech):
        app.include_router(emulator.router(behaviour))

    @app.get("/sandbox/state")
    async def state() -> dict[str, Any]:
        faults = behaviour.faults
        counts = {"requests": faults.requests, "played": faults.played, "most_at_a_time": behaviour.most_at_a_time}
        return {"sandbox": True, **{name: dict(count) for name, count in counts.items()}}

    @app.post("/sandbox/faults", status_code=204)
    async def order_faults(order: FaultOrder) -> None:
        if order.rate is not None:
            behaviour.faults.rate(order.service, order.rate)
        behaviour.faults.script(order.service, order.script)

    @app.delete("/sandbox/faults", status_code=204)
    async def clear_faults() -> None:
        behaviour.faults.clear()

    return app


class SandboxServer:
    """A sandbox inside this process, on its own loopback port: `async with SandboxServer() as sandbox: sandbox.url`."""

    def __init__(self, timing: Timing | None = None, *, port: int = 0, behaviour: Behaviour | None = None) -> None:
        self.behaviour = behaviour or Behaviour(timing=timing or Timing())
        self._listener = socket.create_server(("127.0.0.1", port))
        self.port: int = self._listener.getsockname()[1]
        self.url = f"http://127.0.0.1:{self.port}"
        config = uvicorn.Config(
            make_app(self.behaviour), log_level="critical", timeout_graceful_shutdown=GRACE_S, lifespan="off"
        )
        self._server = uvicorn.Server(config)

    async def __aenter__(self) -> "SandboxServer":
        self._task = asyncio.create_task(self._server.serve([self._listener]), name="sandbox")
        while not self._server.started:
            if self._task.done():
                self._task.result()
            await asyncio.sleep(0.005)
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.stop()

    async def stop(self) -> None:
        """From here on nothing listens at `url`."""
        self._server.should_exit = True
        await self._task
        self._listener.close()


def serve(port: int, timing: Timing) -> None:
    """Serve until interrupted; the first line on stdout is one JSON object that says where."""
    listener = socket.create_server(("127.0.0.1", port))
    chosen = listener.getsockname()[1]
    print(json.dumps({"port": chosen, "url": f"http://127.0.0.1:{chosen}"}), flush=True)
    app = make_app(Behaviour(timing=timing))
    config = uvicorn.Config(app, log_level="critical", timeout_graceful_shutdown=GRACE_S, lifespan="off")
    uvicorn.Server(config).run([listener])
