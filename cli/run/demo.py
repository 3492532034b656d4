"""The first dialogue, played through Balto's own WebSocket by a counter that was made as a stranger would make one."""

import asyncio
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from rich.progress import BarColumn, Progress, TaskID, TextColumn, TimeElapsedColumn

from cli.output import out
from cli.run import announce
from cli.run.recorded import recorded_timings
from client.counter import Counter
from client.messages import Recommendation
from client.registration import Registration, socket_url
from client.wav import WavAudio, paced
from sandbox.recordings import FIRST_DIALOGUE, Dialogue, load_dialogues

TAIL_S = 10.0  # a card may still come this long after the file's end
PUBLISHED_WITHIN_S = 10.0


@dataclass(frozen=True, slots=True)
class Answer:
    found: Recommendation
    after_sentence_s: float | None  # None: the evidence is not in the script


def make_counter(url: str) -> str:
    """The key of a new client's new counter. Raises RegistrationRefused."""
    with Registration(url) as registration:
        codigo = registration.client(
            email="demonstracao@exemplo.invalid", razao_social="Farmácia Demonstração", telefone="11 0000-0000"
        )
        return registration.counter(nome_balcao="Balcão 1", user_codigo=codigo)[1]


def play_first_dialogue(url: str, api_key: str, published_db: Path) -> None:
    dialogue = next(dialogue for dialogue in load_dialogues() if dialogue.name == FIRST_DIALOGUE)
    audio = WavAudio.read(dialogue.wav)
    announce.playing(dialogue.name, audio.duration_s)
    answer = asyncio.run(_play(socket_url(url), api_key, dialogue, audio))
    if answer is None:
        announce.no_card()
        return
    announce.card(answer.found)
    if answer.after_sentence_s is not None:
        announce.timing("end of the sentence to card, at the counter", answer.after_sentence_s * 1000)
    for label, ms in recorded_timings(published_db, answer.found.id_interacao, PUBLISHED_WITHIN_S):
        announce.timing(label, ms)


async def _play(url: str, api_key: str, dialogue: Dialogue, audio: WavAudio) -> Answer | None:
    with Progress(
        TextColumn("  {task.description}"), BarColumn(), TimeElapsedColumn(), console=out, transient=True
    ) as progress:
        task = progress.add_task("audio", total=audio.duration_s)
        async with Counter(url, api_key) as counter:
            began_s = asyncio.get_running_loop().time()
            feeding = asyncio.create_task(counter.stream(paced(audio.chunks(tail_s=TAIL_S))), name="demo audio")
            showing = asyncio.create_task(_show(progress, task, counter), name="demo progress")
            try:
                found = await _first_recommendation(counter, audio.duration_s + TAIL_S)
            finally:
                for own in (feeding, showing):
                    own.cancel()
                    with suppress(asyncio.CancelledError):
                        await own
    if found is None:
        return None
    after_s = found.received_at_s - began_s
    ended_s = _sentence_end_s(dialogue, found.transcricao_base, after_s)
    return Answer(found, None if ended_s is None else after_s - ended_s)


def _sentence_end_s(dialogue: Dialogue, evidence: str, before_s: float) -> float | None:
    """When the last line that holds the evidence was over, of those that were over before the card."""
    ended_s, words = None, iter(dialogue.words)
    for line in dialogue.utterances:
        line_end_s = [next(words).end_s for _ in line.split()][-1]
        if evidence.casefold() in line.casefold() and line_end_s < before_s:
            ended_s = line_end_s
    return ended_s


async def _first_recommendation(counter: Counter, within_s: float) -> Recommendation | None:
    try:
        async with asyncio.timeout(within_s):
            async for event in counter:
                if isinstance(event, Recommendation):
                    return event
    except TimeoutError:
        pass
    return None


async def _show(progress: Progress, task: TaskID, counter: Counter) -> None:
    while True:
        progress.update(task, completed=counter.sent_s)
        await asyncio.sleep(0.1)
