"""One suite that every transcriber passes, against the emulators and, with `-m live` and keys, the real services.

`pytest tests/contract/providers -m live -s` prints what it cost. A service that is not ElevenLabs' or xAI's is named by
BALTO_LIVE_STT_URL and BALTO_LIVE_STT_MODEL.
"""

import asyncio
from collections.abc import AsyncIterator, Callable, Iterable

import pytest

from configs.environment import Environment
from configs.transcription import Provider, TranscriptionSettings
from pipeline.events import ProviderCalled
from pipeline.providers.errors import Category
from pipeline.stages import StageFailed, Transcription, TranscriptionRequest
from pipeline.transcription import MissingKey, TranscriberChain, make_transcriber
from sandbox.faults import Fault, Service
from sandbox.recordings import Dialogue
from sandbox.server import SandboxServer
from tests.contract.providers.conftest import IN_THE_SANDBOX, Place, live_service

PROVIDERS: tuple[Provider, ...] = ("elevenlabs", "elevenlabs_realtime", "openai_compatible", "xai")
SERVICE = {
    "elevenlabs": Service.ELEVENLABS,
    "elevenlabs_realtime": Service.ELEVENLABS_REALTIME,
    "openai_compatible": Service.OPENAI_SPEECH,
    "xai": Service.XAI_SPEECH,
}
REFUSALS = [
    (Fault.BUSY, {Category.BUSY, Category.RATE, Category.CAPACITY}),
    (Fault.BUSY_RETRY_AFTER, {Category.CAPACITY, Category.RATE}),
    (Fault.KEY, {Category.AUTH}),
    (Fault.QUOTA, {Category.QUOTA}),
    (Fault.CREDIT, {Category.QUOTA, Category.AUTH}),
    (Fault.ERROR, {Category.TRANSIENT}),
    (Fault.UNAVAILABLE, {Category.TRANSIENT, Category.CAPACITY}),
    (Fault.HANG, {Category.TIMEOUT}),
    (Fault.DRIBBLE, {Category.TIMEOUT}),
    (Fault.CUT, {Category.TRANSIENT}),
    (Fault.MALFORMED, {Category.MALFORMED}),
    (Fault.SCHEMA, {Category.MALFORMED}),
]
SECOND = b"\0\0" * 16_000


@pytest.fixture(params=PROVIDERS)
def provider(request: pytest.FixtureRequest) -> Provider:
    name: Provider = request.param
    return name


@pytest.fixture
async def place(
    live: bool,
    provider: Provider,
    sandbox: SandboxServer,
    environment: Environment,
    pay: Callable[[Iterable[ProviderCalled]], None],
) -> AsyncIterator[Place[TranscriberChain]]:
    if live:
        environment = Environment()
    compatible = live_service("STT") if live else {"base_url": sandbox.url}
    if live and provider == "openai_compatible" and "base_url" not in compatible:
        pytest.skip("BALTO_LIVE_STT_URL is not set: no OpenAI-compatible service was tried")
    made: list[TranscriberChain] = []

    def make(**call: object) -> TranscriberChain:
        settings: dict[str, dict[str, object]] = {"openai_compatible": {**compatible}}
        settings.setdefault(provider, {})["call"] = call
        chosen = TranscriptionSettings.model_validate({"providers": [provider]} | settings)
        try:
            made.append(make_transcriber(chosen, environment, ["Dorflex", "Sal de Fruta"]))
        except MissingKey as missing:
            pytest.skip(str(missing))
        return made[-1]

    yield Place(live, make, pay)
    for transcriber in made:
        await transcriber.aclose()


def asked(pcm: bytes, budget_s: float = 10.0) -> TranscriptionRequest:
    return TranscriptionRequest(
        session_id="s1", utterance_id="u1", balcao_id="b1", cliente_codigo="c1", pcm=pcm, budget_s=budget_s
    )


async def ask(
    place: Place[TranscriberChain], transcriber: TranscriberChain, pcm: bytes, budget_s: float = 10.0
) -> Transcription | StageFailed:
    result = await transcriber.transcribe(asked(pcm, budget_s))
    place.pay(result.calls)
    return result


async def test_says_what_was_said_with_usage_and_cost(
    place: Place[TranscriberChain], provider: Provider, dialogue: Dialogue
) -> None:
    result = await ask(place, place.make(), dialogue.samples().tobytes())
    assert isinstance(result, Transcription)
    assert result.text == " ".join(dialogue.utterances) or (place.live and result.text)
    assert (result.provider, result.language) in [(provider, "pt"), (provider, None)]
    assert result.words == len(result.text.split())
    (call,) = result.calls
    assert (call.outcome, call.provider, call.session_id, call.utterance_id) == ("ok", provider, "s1", "u1")
    assert call.audio_s == pytest.approx(len(dialogue.samples()) / 16_000)
    assert call.cost_usd > 0
    assert call.latency_ms > 0


async def test_silence_is_an_empty_text_and_no_failure(place: Place[TranscriberChain]) -> None:
    result = await ask(place, place.make(), SECOND * 2)
    assert isinstance(result, Transcription)
    assert result.text == ""


@pytest.mark.parametrize("pcm", [b"", b"\0\0" * 800])
async def test_too_little_audio_asks_nobody(place: Place[TranscriberChain], pcm: bytes) -> None:
    result = await ask(place, place.make(), pcm)
    assert isinstance(result, Transcription)
    assert (result.text, result.calls) == ("", ())


async def test_a_minute_of_audio_goes_through(place: Place[TranscriberChain], dialogue: Dialogue) -> None:
    once = dialogue.samples().tobytes()
    result = await ask(place, place.make(), (once + SECOND) * 3, budget_s=30.0)
    assert isinstance(result, Transcription)
    assert result.calls[-1].audio_s == pytest.approx(3 * (len(once) / 32_000 + 1))
    assert result.text.count("cabeça") >= 2 or place.live


async def test_the_deadline_holds(
    place: Place[TranscriberChain], sandbox: SandboxServer, provider: Provider, dialogue: Dialogue
) -> None:
    sandbox.behaviour.faults.script(SERVICE[provider], [Fault.HANG])
    budget_s = 0.001 if place.live else 0.2
    result = await ask(place, place.make(), dialogue.samples().tobytes(), budget_s)
    assert isinstance(result, StageFailed)
    assert result.category == Category.TIMEOUT


async def test_a_caller_may_leave(place: Place[TranscriberChain], dialogue: Dialogue) -> None:
    transcriber = place.make()
    task = asyncio.create_task(transcriber.transcribe(asked(dialogue.samples().tobytes())))
    await asyncio.sleep(0.005)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert isinstance(await ask(place, transcriber, dialogue.samples().tobytes()), Transcription)


async def test_ten_at_a_time(place: Place[TranscriberChain], dialogue: Dialogue) -> None:
    transcriber = place.make(max_concurrent=3, queue_limit_per_counter=10)
    pcm = dialogue.samples()[: 16_000 * 3].tobytes()
    results = await asyncio.gather(*(ask(place, transcriber, pcm) for _ in range(10)))
    assert all(isinstance(result, Transcription) for result in results)
    assert len({result.text for result in results if isinstance(result, Transcription)}) == 1


def one_attempt(fault: Fault) -> dict[str, object]:
    """Little patience with what would never end; a busy machine may take its time over the rest."""
    patience_s = 1.5 if fault in (Fault.HANG, Fault.DRIBBLE) else 8.0
    return {"attempts": 1, "attempt_timeout_s": patience_s, "breaker_refused_open_s": 0.01}


@IN_THE_SANDBOX
@pytest.mark.parametrize(
    ("fault", "categories"), REFUSALS, ids=lambda value: str(value) if isinstance(value, Fault) else ""
)
async def test_every_fault_has_its_category_and_the_next_utterance_is_fine(
    place: Place[TranscriberChain],
    sandbox: SandboxServer,
    provider: Provider,
    dialogue: Dialogue,
    fault: Fault,
    categories: set[Category],
) -> None:
    transcriber = place.make(**one_attempt(fault))
    pcm = dialogue.samples()[: 16_000 * 3].tobytes()
    sandbox.behaviour.faults.script(SERVICE[provider], [fault])
    result = await ask(place, transcriber, pcm)
    assert isinstance(result, StageFailed)
    assert Category(result.category) in categories
    assert [call.outcome for call in result.calls] == [result.category]
    await asyncio.sleep(0.02)
    assert isinstance(await ask(place, transcriber, pcm), Transcription)


@IN_THE_SANDBOX
@pytest.mark.parametrize("fault", [Fault.BUSY, Fault.ERROR, Fault.CUT, Fault.MALFORMED])
async def test_what_may_pass_is_tried_again_with_the_whole_audio(
    place: Place[TranscriberChain], sandbox: SandboxServer, provider: Provider, dialogue: Dialogue, fault: Fault
) -> None:
    sandbox.behaviour.faults.script(SERVICE[provider], [fault])
    result = await ask(place, place.make(), dialogue.samples().tobytes())
    assert isinstance(result, Transcription)
    assert result.text == " ".join(dialogue.utterances)
    assert [call.outcome == "ok" for call in result.calls] == [False, True]


@IN_THE_SANDBOX
async def test_nothing_listens_there(
    place: Place[TranscriberChain], sandbox: SandboxServer, dialogue: Dialogue
) -> None:
    transcriber = place.make(attempts=1)
    await sandbox.stop()
    result = await ask(place, transcriber, dialogue.samples().tobytes())
    assert isinstance(result, StageFailed)
    assert result.category == Category.TRANSIENT
