"""Live sessions over a real WebSocket: what happens to an utterance when the stream does not behave."""

import asyncio
import json
from collections.abc import AsyncIterator, Awaitable, Callable

import pytest
from websockets.asyncio.server import ServerConnection, serve

from configs.environment import Environment
from configs.gate import GateSettings
from configs.ingress import ConversationSettings
from configs.transcription import TranscriptionSettings
from pipeline.conversation.comparison import Comparison
from pipeline.gate import make_host
from pipeline.providers.errors import Category
from pipeline.stages import StageFailed, Transcription
from pipeline.transcription import make_live_transcriber, make_transcriber
from pipeline.transcription.elevenlabs_realtime import ElevenLabsRealtime
from pipeline.transcription.hygiene import plain
from sandbox.faults import Fault, Service
from sandbox.recordings import Dialogue
from sandbox.server import SandboxServer

RATE_HZ = 16_000
SETTINGS = TranscriptionSettings.model_validate(
    {"providers": ["elevenlabs_realtime"], "elevenlabs_realtime": {"call": {"breaker_refused_open_s": 0.01}}}
)


@pytest.fixture
async def live(environment: Environment) -> AsyncIterator[ElevenLabsRealtime]:
    made = make_live_transcriber(SETTINGS, environment, ["Dorflex", "um nome longo demais para o realtime"])
    yield made
    await made.aclose()


def utterances(dialogue: Dialogue) -> list[tuple[str, bytes]]:
    """Text and audio of each line."""
    found, at = [], 0
    samples = dialogue.samples()
    for text in dialogue.utterances:
        words = dialogue.words[at : at + len(text.split())]
        at += len(words)
        first, last = round((words[0].start_s - 0.3) * RATE_HZ), round((words[-1].end_s + 0.4) * RATE_HZ)
        found.append((text, samples[first:last].tobytes()))
    return found


def text_of(result: Transcription | StageFailed) -> str:
    assert isinstance(result, Transcription), result
    return result.text


async def test_text_grows_while_it_is_spoken_and_is_whole_at_the_commit(
    live: ElevenLabsRealtime, dialogue: Dialogue
) -> None:
    partials: list[str] = []
    session = live.open("s1", balcao_id="b1", on_partial=partials.append)
    text, pcm = utterances(dialogue)[2]
    for start in range(0, len(pcm), 3200):
        await session.feed(pcm[start : start + 3200])
        await asyncio.sleep(0.02)
    said = await session.commit("u1", 5.0)
    assert text_of(said) == text
    assert partials
    assert all(text.startswith(partial[:-1]) for partial in partials)
    (call,) = said.calls
    assert (call.outcome, call.provider, call.utterance_id) == ("ok", "elevenlabs_realtime", "u1")
    assert call.cost_usd == pytest.approx(len(pcm) / 2 / RATE_HZ * 0.39 / 3600 * 1.2)


async def test_one_socket_carries_utterance_after_utterance(live: ElevenLabsRealtime, dialogue: Dialogue) -> None:
    session = live.open("s1", balcao_id="b1")
    for number, (text, pcm) in enumerate(utterances(dialogue)):
        await session.feed(pcm)
        assert text_of(await session.commit(f"u{number}", 5.0)) == text


async def test_speech_during_a_commit_belongs_to_the_next_utterance(
    live: ElevenLabsRealtime, dialogue: Dialogue
) -> None:
    session = live.open("s1", balcao_id="b1")
    (one, first), (two, second), *_ = utterances(dialogue)
    await session.feed(first)
    commit = asyncio.create_task(session.commit("u1", 5.0))
    await asyncio.sleep(0)
    await session.feed(second)
    assert text_of(await commit) == one
    assert text_of(await session.commit("u2", 5.0)) == two


async def test_a_text_asked_for_in_pauses_is_the_same_text_and_costs_the_same(
    live: ElevenLabsRealtime, dialogue: Dialogue
) -> None:
    """Lines of a dialogue as one utterance with pauses in it, asked for at each of them."""
    session = live.open("s1", balcao_id="b1")
    lines = utterances(dialogue)[:3]
    for _, pcm in lines:
        await session.feed(pcm)
        await session.settle(5.0)
    said = await session.commit("u1", 5.0)
    assert [plain(word) for word in text_of(said).split()] == [
        plain(word) for text, _ in lines for word in text.split()
    ]
    assert [(call.outcome, call.utterance_id) for call in said.calls] == [("ok", "u1")] * 3
    audio_s = sum(len(pcm) for _, pcm in lines) / 2 / RATE_HZ
    assert sum(call.audio_s or 0.0 for call in said.calls) == pytest.approx(audio_s)
    text, pcm = utterances(dialogue)[3]
    await session.feed(pcm)
    assert text_of(await session.commit("u2", 5.0)) == text


async def test_an_end_that_was_foreseen_is_answered_at_once(live: ElevenLabsRealtime, dialogue: Dialogue) -> None:
    session = live.open("s1", balcao_id="b1")
    text, pcm = utterances(dialogue)[2]
    await session.feed(pcm)
    await session.settle(5.0)
    so_far = await session.so_far()
    assert (text_of(so_far), so_far.calls) == (text, ())
    assert text_of(await asyncio.wait_for(session.commit("u1", 5.0), 0.05)) == text
    assert session.idle


async def test_a_piece_that_failed_fails_the_utterance_and_its_calls_are_told(
    live: ElevenLabsRealtime, sandbox: SandboxServer, dialogue: Dialogue
) -> None:
    session = live.open("s1", balcao_id="b1")
    (_, first), (_, second), (three, third), *_ = utterances(dialogue)
    sandbox.behaviour.faults.script(Service.ELEVENLABS_REALTIME, [Fault.QUOTA])
    await session.feed(first)
    await session.settle(5.0)
    await session.feed(second)
    failed = await session.commit("u1", 5.0)
    assert isinstance(failed, StageFailed)
    assert (failed.category, failed.calls[0].outcome) == (Category.QUOTA, "cota")
    assert {call.utterance_id for call in failed.calls} == {"u1"}
    await asyncio.sleep(0.02)
    await session.feed(third)
    assert text_of(await session.commit("u2", 5.0)) == three


async def test_the_deadline_is_over_all_pieces_of_an_utterance(
    live: ElevenLabsRealtime, sandbox: SandboxServer, dialogue: Dialogue
) -> None:
    session = live.open("s1", balcao_id="b1")
    (_, first), (_, second), *_ = utterances(dialogue)
    sandbox.behaviour.faults.script(Service.ELEVENLABS_REALTIME, [Fault.HANG] * 9)
    began = asyncio.get_running_loop().time()
    for pcm in (first, second, first):
        await session.feed(pcm)
        await session.settle(1.0)
    failed = await session.commit("u1", 1.0)
    assert isinstance(failed, StageFailed)
    assert failed.category == Category.TIMEOUT
    assert asyncio.get_running_loop().time() - began < 2.5


async def test_what_was_asked_for_and_came_to_nothing_is_paid_for(live: ElevenLabsRealtime, dialogue: Dialogue) -> None:
    session = live.open("s1", balcao_id="b1")
    (_, first), (two, second), *_ = utterances(dialogue)
    await session.feed(first)
    await session.settle(5.0)
    await session.discard()
    await session.feed(second)
    assert text_of(await session.commit("u2", 5.0)) == two
    (call,) = live.unclaimed()
    assert (call.session_id, call.utterance_id, call.outcome) == ("s1", None, "ok")
    assert call.cost_usd > 0
    assert live.unclaimed() == ()


async def test_what_was_streamed_and_dropped_before_its_text_was_asked_for_is_paid_for(
    live: ElevenLabsRealtime, dialogue: Dialogue
) -> None:
    session = live.open("s1", balcao_id="b1")
    (_, first), *_ = utterances(dialogue)
    await session.feed(first)
    async with asyncio.timeout(5):
        while not (told := live.unclaimed()):
            await asyncio.sleep(0.05)  # it connects and sends
            await session.discard()
    (call,) = told
    assert (call.session_id, call.utterance_id, call.outcome) == ("s1", None, "descartada")
    assert call.audio_s == pytest.approx(len(first) / 32_000)
    assert call.cost_usd > 0
    assert not len(live.streams)


async def test_one_that_is_quiet_makes_way_and_one_that_speaks_does_not(
    environment: Environment, dialogue: Dialogue
) -> None:
    settings = TranscriptionSettings.model_validate({"elevenlabs_realtime": {"call": {"max_concurrent": 2}}})
    live = make_live_transcriber(settings, environment)
    one, two, three = (live.open(name, balcao_id=name) for name in ("s1", "s2", "s3"))
    (text, first), (_, second), *_ = utterances(dialogue)
    try:
        for session in (one, two):
            await session.feed(first)
            await session.commit("u", 5.0)
        await two.feed(second)  # speaks again
        await three.feed(first)
        assert text_of(await three.commit("u", 5.0)) == text
        assert len(live.streams) == 2
        await three.feed(second)
        await one.feed(first)  # the one that made way finds no place
        refused = await one.commit("u", 5.0)
        assert isinstance(refused, StageFailed)
        assert refused.category == Category.QUEUE_FULL
    finally:
        await live.aclose()


@pytest.mark.parametrize("fault", [Fault.CLOSE, Fault.ERROR, Fault.MALFORMED, Fault.BUSY])
async def test_a_stream_that_breaks_in_an_utterance_loses_none_of_it(
    live: ElevenLabsRealtime, sandbox: SandboxServer, dialogue: Dialogue, fault: Fault
) -> None:
    session = live.open("s1", balcao_id="b1")
    text, pcm = utterances(dialogue)[2]
    sandbox.behaviour.faults.script(Service.ELEVENLABS_REALTIME, [fault])
    await session.feed(pcm)
    said = await session.commit("u1", 8.0)
    assert text_of(said) == text
    assert [call.outcome == "ok" for call in said.calls] == [False, True]


async def test_no_credit_is_told_and_the_next_utterance_is_fine(
    live: ElevenLabsRealtime, sandbox: SandboxServer, dialogue: Dialogue
) -> None:
    session = live.open("s1", balcao_id="b1")
    (_, first), (two, second), *_ = utterances(dialogue)
    sandbox.behaviour.faults.script(Service.ELEVENLABS_REALTIME, [Fault.QUOTA])
    await session.feed(first)
    failed = await session.commit("u1", 5.0)
    assert isinstance(failed, StageFailed)
    assert (failed.category, failed.alert) == (Category.QUOTA, True)
    await asyncio.sleep(0.02)
    await session.feed(second)
    assert text_of(await session.commit("u2", 5.0)) == two


async def test_what_is_discarded_is_not_heard(live: ElevenLabsRealtime, dialogue: Dialogue) -> None:
    session = live.open("s1", balcao_id="b1")
    (_, first), (two, second), *_ = utterances(dialogue)
    await session.feed(first)
    await session.discard()
    await session.feed(second)
    assert text_of(await session.commit("u2", 5.0)) == two


async def test_a_closed_session_stays_closed(live: ElevenLabsRealtime) -> None:
    session = live.open("s1", balcao_id="b1")
    await session.aclose()
    with pytest.raises(RuntimeError):
        await session.feed(b"\0\0")


class Scripted:
    """A Scribe that answers commits as told, and keeps what it was sent."""

    def __init__(self, answers: list[Callable[[ServerConnection], Awaitable[None]]]) -> None:
        self.answers = answers
        self.sent: list[dict[str, object]] = []
        self.connections = 0

    async def __call__(self, socket: ServerConnection) -> None:
        self.connections += 1
        async for message in socket:
            event = json.loads(message)
            self.sent.append(event | {"connection": self.connections})
            if event["commit"]:
                await self.answers.pop(0)(socket)


def says(*texts: str) -> Callable[[ServerConnection], Awaitable[None]]:
    async def answer(socket: ServerConnection) -> None:
        for text in texts:
            await socket.send(json.dumps({"message_type": "committed_transcript", "text": text}))
            timed = {"message_type": "committed_transcript_with_timestamps", "text": text, "words": []}
            await socket.send(json.dumps({"message_type": "something_new"}))
            await socket.send(json.dumps(timed))

    return answer


async def hangs_up(socket: ServerConnection) -> None:
    await socket.close(1011)


async def session_with(script: Scripted, port: int, **changes: object) -> ElevenLabsRealtime:
    settings = TranscriptionSettings.model_validate({"elevenlabs_realtime": changes})
    keys = {"ELEVENLABS_API_KEY": "k", "ELEVENLABS_BASE_URL": f"http://127.0.0.1:{port}"}
    return make_live_transcriber(settings, Environment.model_validate(keys))


async def test_repeated_commits_count_once_and_unknown_messages_are_ignored() -> None:
    script = Scripted([says("um", "um"), says("dois")])
    async with serve(script, "127.0.0.1", 0) as server:
        live = await session_with(script, server.sockets[0].getsockname()[1])
        session = live.open("s1", balcao_id="b1")
        await session.feed(b"\0\0" * RATE_HZ)
        assert text_of(await session.commit("u1", 5.0)) == "um"
        await asyncio.sleep(0.05)  # the repetition arrives while nobody waits
        await session.feed(b"\0\0" * RATE_HZ)
        assert text_of(await session.commit("u2", 5.0)) == "dois"
        await live.aclose()


async def test_after_a_break_the_new_stream_is_told_what_was_said() -> None:
    script = Scripted([says("estou com dor de cabeça"), hangs_up, says("desde ontem")])
    async with serve(script, "127.0.0.1", 0) as server:
        live = await session_with(script, server.sockets[0].getsockname()[1])
        session = live.open("s1", balcao_id="b1")
        for utterance in ("u1", "u2"):
            await session.feed(b"\0\0" * RATE_HZ)
            said = await session.commit(utterance, 8.0)
        await live.aclose()
    assert text_of(said) == "desde ontem"
    resent = [event for event in script.sent if event["connection"] == 2]
    assert resent[0]["previous_text"] == "estou com dor de cabeça"
    assert len(str(resent[0]["audio_base_64"])) > RATE_HZ * 2
    assert not any("previous_text" in event for event in resent[1:])


async def test_an_answer_that_nobody_waits_for_any_more_is_not_the_next_ones() -> None:
    async def slowly(socket: ServerConnection) -> None:
        await asyncio.sleep(0.2)
        await says("de antes")(socket)

    script = Scripted([slowly, says("de agora")])
    async with serve(script, "127.0.0.1", 0) as server:
        live = await session_with(script, server.sockets[0].getsockname()[1])
        session = live.open("s1", balcao_id="b1")
        await session.feed(b"\0\0" * RATE_HZ)
        left = asyncio.create_task(session.commit("u1", 5.0))
        await asyncio.sleep(0.1)
        left.cancel()
        await asyncio.gather(left, return_exceptions=True)
        await session.feed(b"\0\0" * RATE_HZ)
        assert text_of(await session.commit("u2", 5.0)) == "de agora"
        await live.aclose()


async def test_an_idle_stream_is_kept_alive() -> None:
    script = Scripted([])
    async with serve(script, "127.0.0.1", 0) as server:
        live = await session_with(script, server.sockets[0].getsockname()[1], keep_alive_s=0.05)
        session = live.open("s1", balcao_id="b1")
        await session.feed(b"\0\0" * 1600)
        async with asyncio.timeout(5):
            while len(script.sent) < 4:
                await asyncio.sleep(0.02)
        await live.aclose()
    assert all(event["audio_base_64"] == "" and not event["commit"] for event in script.sent[1:])


async def test_both_ways_hear_the_same_and_realtime_costs_more(environment: Environment, dialogue: Dialogue) -> None:
    patient = TranscriptionSettings.model_validate({"elevenlabs_realtime": {"answer_timeout_s": 30.0}})
    batch = make_transcriber(patient, environment)
    live = make_live_transcriber(patient, environment)
    try:
        gate = make_host(GateSettings())
        pcm = dialogue.samples().tobytes()
        pairs = await Comparison(pcm, gate, batch, live, ConversationSettings(), speed=20.0, budget_s=60.0).run()
    finally:
        await live.aclose()
        await batch.aclose()
    assert [pair.realtime.failure for pair in pairs] == [None] * len(pairs)
    assert " ".join(pair.batch.text for pair in pairs) == " ".join(dialogue.utterances)
    assert [pair.differing_words for pair in pairs] == [0] * len(pairs)
    assert sum(pair.realtime.cost_usd for pair in pairs) > sum(pair.batch.cost_usd for pair in pairs) > 0
