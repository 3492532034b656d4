"""Fifty counters while one request in five fails: every utterance ends in a text or in a recorded reason."""

import asyncio
import random
from collections import Counter

from configs.environment import Environment
from configs.model import ModelSettings
from configs.transcription import TranscriptionSettings
from pipeline.providers.errors import Category
from pipeline.recommendation.chat import make_chat_model
from pipeline.recommendation.model import ChatAnswer, ChatRequest
from pipeline.stages import StageFailed, Transcription, TranscriptionRequest
from pipeline.transcription import make_transcriber
from sandbox.faults import Service
from sandbox.recordings import Dialogue
from sandbox.server import SandboxServer

COUNTERS, UTTERANCES = 50, 4
IMPATIENT = {"attempt_timeout_s": 2.5, "read_timeout_s": 2.0, "breaker_open_s": 0.5, "max_concurrent": 16}
KNOWN = {str(category) for category in Category}


def utterance(counter: int, number: int, pcm: bytes) -> TranscriptionRequest:
    return TranscriptionRequest(
        session_id=f"s{counter}",
        utterance_id=f"u{counter}-{number}",
        balcao_id=f"b{counter}",
        cliente_codigo="c",
        pcm=pcm,
        budget_s=12.0,
    )


async def test_no_utterance_is_lost_without_a_reason(
    sandbox: SandboxServer, environment: Environment, dialogue: Dialogue
) -> None:
    sandbox.behaviour.faults.rate(Service.ELEVENLABS, 0.2)
    sandbox.behaviour.faults.rate(Service.XAI_SPEECH, 0.2)
    settings = TranscriptionSettings.model_validate(
        {"providers": ["elevenlabs", "xai"], "elevenlabs": {"call": IMPATIENT}, "xai": {"call": IMPATIENT}}
    )
    transcriber = make_transcriber(settings, environment)
    chance = random.Random(1)
    pcm = dialogue.samples()[: 16_000 * 5].tobytes()

    async def counter(number: int) -> list[Transcription | StageFailed]:
        results = []
        for index in range(UTTERANCES):
            await asyncio.sleep(chance.random())
            results.append(await transcriber.transcribe(utterance(number, index, pcm)))
        return results

    try:
        results = [one for many in await asyncio.gather(*map(counter, range(COUNTERS))) for one in many]
        sandbox.behaviour.faults.clear()
        await asyncio.sleep(0.6)  # an open breaker lets its probe through
        afterwards = await transcriber.transcribe(utterance(0, 99, pcm))
    finally:
        await transcriber.aclose()
    assert len(results) == COUNTERS * UTTERANCES
    texts = Counter(result.text for result in results if isinstance(result, Transcription))
    assert len(texts) == 1  # what came through is whole: no cut or foreign text
    failed = [result for result in results if isinstance(result, StageFailed)]
    assert all(result.category in KNOWN and result.message for result in failed)
    assert len(failed) < 0.1 * len(results)  # retries and the second provider carry most
    assert {call.outcome for result in results for call in result.calls} <= {"ok", *KNOWN}
    assert sum(sandbox.behaviour.faults.played.values()) > 20
    assert isinstance(afterwards, Transcription)


async def test_the_chat_model_under_the_same_weather(sandbox: SandboxServer, environment: Environment) -> None:
    sandbox.behaviour.faults.rate(Service.XAI_CHAT, 0.2)
    model = make_chat_model(ModelSettings.model_validate({"call": IMPATIENT | {"attempts": 3}}), environment)
    assert model is not None

    async def question(number: int) -> ChatAnswer | StageFailed:
        return await model.complete(
            ChatRequest(
                system="SKU-A1 | Paracetamol | dor de cabeça",
                user=f"balcão {number}: estou com dor de cabeça",
                schema_name="card",
                json_schema={"type": "object", "properties": {"sku": {"type": "string"}}, "required": ["sku"]},
                conversation_id=f"c{number}",
                budget_s=12.0,
                session_id=f"s{number}",
                interaction_id=f"i{number}",
            )
        )

    try:
        results = await asyncio.gather(*map(question, range(100)))
    finally:
        await model.aclose()
    answered = [result for result in results if isinstance(result, ChatAnswer)]
    assert len(answered) > 60
    assert all(result.calls[-1].outcome == "ok" and result.calls[-1].cost_usd > 0 for result in answered)
    assert all(result.category in KNOWN for result in results if isinstance(result, StageFailed))
