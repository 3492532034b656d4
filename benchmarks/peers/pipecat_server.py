"""pipecat behind the counters' socket: its FastAPI WebSocket transport, its Silero detector, and nothing after it.

Runs in the environment of requirements/peers.lock and takes what the floor takes: a port, the load generator's
messages, `GET /measurements`. What a pipeline has by default and a gate does not need (messages to a voice client's
page, turns, debug logs) is off: it would only make the peer dearer.
"""

import argparse
import asyncio
import sys

import uvicorn
from fastapi import FastAPI, WebSocket
from loguru import logger
from pipecat.audio.vad.silero import SileroVADAnalyzer
from pipecat.audio.vad.vad_analyzer import VADState
from pipecat.frames.frames import Frame, InputAudioRawFrame
from pipecat.pipeline.pipeline import Pipeline
from pipecat.pipeline.worker import PipelineParams, PipelineWorker
from pipecat.processors.audio.vad_processor import VADProcessor
from pipecat.serializers.base_serializer import FrameSerializer
from pipecat.transports.websocket.fastapi import FastAPIWebsocketParams, FastAPIWebsocketTransport
from pipecat.workers.runner import WorkerRunner

from deployments.lag import LagHistogram
from pipeline.audio import SAMPLE_BYTES, SAMPLE_RATE_HZ


class CounterMessages(FrameSerializer):
    """A counter's wire: text is its key, binary is PCM."""

    def __init__(self) -> None:
        super().__init__()
        self.began_s = 0.0  # when the first audio came; the loop's clock

    async def serialize(self, frame: Frame) -> str | bytes | None:
        return None

    async def deserialize(self, data: str | bytes) -> Frame | None:
        if isinstance(data, str):
            return None
        self.began_s = self.began_s or asyncio.get_running_loop().time()
        return InputAudioRawFrame(audio=data, sample_rate=SAMPLE_RATE_HZ, num_channels=1)


class TimedSilero(SileroVADAnalyzer):
    """Notes when each piece of audio has been decided, as Balto's gate does."""

    def __init__(self, messages: CounterMessages, lag: LagHistogram) -> None:
        super().__init__(sample_rate=SAMPLE_RATE_HZ)
        self._messages, self._lag = messages, lag
        self._decided_samples = 0

    async def analyze_audio(self, buffer: bytes) -> VADState:
        state = await super().analyze_audio(buffer)
        start, self._decided_samples = self._decided_samples, self._decided_samples + len(buffer) // SAMPLE_BYTES
        now_s = asyncio.get_running_loop().time()
        self._lag.add(start, self._decided_samples, self._messages.began_s, now_s)
        return state


async def serve(websocket: WebSocket, lag: LagHistogram) -> None:
    """One counter's pipeline, until it leaves."""
    await websocket.accept()
    messages = CounterMessages()
    transport = FastAPIWebsocketTransport(websocket, FastAPIWebsocketParams(audio_in_enabled=True, serializer=messages))
    detector = VADProcessor(vad_analyzer=TimedSilero(messages, lag))
    worker = PipelineWorker(
        Pipeline([transport.input(), detector]),
        params=PipelineParams(audio_in_sample_rate=SAMPLE_RATE_HZ),
        enable_rtvi=False,
        enable_turn_tracking=False,
        idle_timeout_secs=None,
    )

    async def leave(_transport: FastAPIWebsocketTransport, _websocket: WebSocket) -> None:
        await worker.cancel()

    transport.add_event_handler("on_client_disconnected", leave)
    runner = WorkerRunner(handle_sigint=False)
    await runner.add_workers(worker)
    await runner.run()


def make_app() -> FastAPI:
    lag, app = LagHistogram(), FastAPI()

    @app.websocket("/ws")
    async def counter(websocket: WebSocket) -> None:
        await serve(websocket, lag)

    @app.get("/measurements")
    async def measurements() -> list[dict[str, object]]:
        return [{"lag_counts": lag.counts}]

    return app


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--port", type=int, required=True)
    logger.remove()
    logger.add(sys.stderr, level="WARNING")
    uvicorn.run(make_app(), host="127.0.0.1", port=parser.parse_args().port, log_level="warning", loop="uvloop")


if __name__ == "__main__":
    main()
