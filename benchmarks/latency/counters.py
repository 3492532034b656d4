"""Counters that play recorded dialogues at a microphone's pace."""

import asyncio
from dataclasses import dataclass

from client.connection import Connection
from client.messages import Recommendation
from client.registration import Registration, socket_url
from client.wav import WavAudio, paced
from pipeline.audio import SAMPLE_BYTES, seconds
from sandbox.recordings import Dialogue

TAIL_S = 4.0  # silence after a dialogue: what is due is asked and shown
STAGGER_S = 0.7  # counters do not speak in chorus


@dataclass(slots=True)
class Played:
    """What became of one session."""

    cards: int = 0
    sent_s: float = 0.0


def registered(url: str, counters: int) -> list[str]:
    """The keys of so many new counters."""
    with Registration(url) as registration:
        codigo = registration.client(email="bench@exemplo.invalid", razao_social="Bancada", telefone="11 0000-0000")
        return [registration.counter(nome_balcao=f"B{n}", user_codigo=codigo)[1] for n in range(counters)]


async def play(url: str, key: str, dialogue: Dialogue) -> Played:
    played = Played()
    async with Connection(socket_url(url), key) as connection:

        async def listen() -> None:
            async for message in connection:
                played.cards += isinstance(message, Recommendation)

        listening = asyncio.create_task(listen(), name=f"cards of {dialogue.name}")
        async for chunk in paced(WavAudio.read(dialogue.wav).chunks(tail_s=TAIL_S)):
            await connection.send(chunk)
            played.sent_s += seconds(len(chunk) // SAMPLE_BYTES)
        listening.cancel()
        await asyncio.gather(listening, return_exceptions=True)
    return played
