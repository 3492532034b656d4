"""The counter client library: what the command line, the load tests and integrators use to be a counter.

    async with Counter("ws://balto.loja:8765/ws", api_key) as counter:
        feeding = asyncio.create_task(counter.stream(microphone()))
        async for event in counter:
            if isinstance(event, Recommendation):
                print(event.produto, event.explicacao)

`Connection` is one socket, without reconnecting; `client.registration` makes clients and counters over HTTP. Nothing
here imports the rest of Balto.
"""

from client.backoff import Backoff
from client.connection import Connection
from client.counter import Connected, Counter, CounterEvent, Disconnected
from client.errors import AudioSourceError, ClientError, ConnectionLost, KeyRefused, RegistrationRefused
from client.messages import Alert, Notice, Recommendation
from client.microphone import microphone
from client.wav import WavAudio, paced

__all__ = [
    "Alert",
    "AudioSourceError",
    "Backoff",
    "ClientError",
    "Connected",
    "Connection",
    "ConnectionLost",
    "Counter",
    "CounterEvent",
    "Disconnected",
    "KeyRefused",
    "Notice",
    "Recommendation",
    "RegistrationRefused",
    "WavAudio",
    "microphone",
    "paced",
]
