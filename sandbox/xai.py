"""xAI's HTTP as Balto and the openai SDK see it: chat completions and speech-to-text."""

import asyncio
import json
import time
import uuid
from collections.abc import AsyncIterator
from typing import Any

from fastapi import APIRouter, Request
from fastapi.responses import JSONResponse, Response, StreamingResponse
from starlette.datastructures import UploadFile

from sandbox.answering import answer
from sandbox.behaviour import Behaviour
from sandbox.faults import FAULT_HEADER, STATUS, Fault, Service, deliver, until_the_client_leaves
from sandbox.sound import RATE_HZ, UnreadableAudio, samples_of

CHARS_PER_TOKEN = 4
SPEECH_MODELS = frozenset({"grok-voice-transcribe-1.0", "grok-voice-transcribe-2.0"})
STREAMED_CHARS = 12

VENDOR_ERROR = {
    Fault.BUSY: ("resource-exhausted", "The service is currently at capacity."),
    Fault.BUSY_RETRY_AFTER: ("resource-exhausted", "Too many requests for team."),
    Fault.KEY: ("invalid-argument", "Incorrect API key provided."),
    Fault.QUOTA: ("resource-exhausted", "Your team has used all available credits."),
    Fault.CREDIT: ("permission-denied", "Your team has reached its monthly spending limit."),
    Fault.ERROR: ("internal", "Internal error."),
    Fault.UNAVAILABLE: ("unavailable", "Service unavailable."),
}


def vendor_error(fault: Fault) -> dict[str, Any]:
    code, text = VENDOR_ERROR[fault]
    return {"code": code, "error": text}


def router(behaviour: Behaviour) -> APIRouter:
    routes = APIRouter()
    seen_prompts: set[int] = set()

    @routes.post("/v1/chat/completions")
    async def chat_completions(request: Request) -> Response:
        fault = behaviour.faults.next(Service.XAI_CHAT, request.headers.get(FAULT_HEADER))
        if refusal := key_refusal(request):
            return refusal
        if fault in STATUS:
            return await deliver(fault, request, {}, vendor_error)
        body = await request.json()
        if not isinstance(body.get("messages"), list) or not body.get("model"):
            return JSONResponse({"code": "invalid-argument", "error": "model and messages are required"}, 400)
        text = answer(body) if fault is not Fault.SCHEMA else json.dumps({"unexpected": True})
        completion = chat_completion(body, text, seen_prompts)
        async with behaviour.attending(Service.XAI_CHAT, until_the_client_leaves(request)):
            await asyncio.sleep(behaviour.timing.chat_s)
        if body.get("stream"):
            return StreamingResponse(streamed(completion), media_type="text/event-stream")
        played = Fault.NONE if fault is Fault.SCHEMA else fault  # the message breaks its schema, not the envelope
        response = await deliver(played, request, completion, vendor_error)
        response.headers["x-zero-data-retention"] = "true" if behaviour.zero_retention else "false"
        return response

    @routes.post("/v1/stt")
    async def speech_to_text(request: Request) -> Response:
        fault = behaviour.faults.next(Service.XAI_SPEECH, request.headers.get(FAULT_HEADER))
        if refusal := key_refusal(request):
            return refusal
        if fault in STATUS:
            return await deliver(fault, request, {}, vendor_error)
        async with request.form() as form:
            file = form.get("file")
            if form.get("model", "grok-voice-transcribe-1.0") not in SPEECH_MODELS or not isinstance(file, UploadFile):
                return JSONResponse({"code": "invalid-argument", "error": "unknown model or no file"}, 400)
            if list(form)[-1] != "file":
                return JSONResponse({"code": "invalid-argument", "error": "file must be the last field"}, 400)
            data, raw = await file.read(), form.get("audio_format") == "pcm"
        try:
            samples = samples_of(data, raw=raw)
        except UnreadableAudio as error:
            return JSONResponse({"code": "invalid-argument", "error": str(error)}, 400)
        heard = await behaviour.recognise(samples, behaviour.timing.speech_s)
        words = [{"text": word.text, "start": word.start_s, "end": word.end_s} for word in heard.words]
        body = {"text": heard.text, "language": "pt", "duration": round(len(samples) / RATE_HZ, 3), "words": words}
        return await deliver(fault, request, body, vendor_error)

    return routes


def key_refusal(request: Request) -> Response | None:
    key = request.headers.get("authorization", "").removeprefix("Bearer ").strip()
    if not key:
        return JSONResponse({"code": "unauthenticated", "error": "No API key provided."}, 401)
    return JSONResponse(vendor_error(Fault.KEY), 400) if key == "invalid" else None


def chat_completion(body: dict[str, Any], text: str, seen_prompts: set[int]) -> dict[str, Any]:
    """The envelope, with tokens counted by length and a cache that knows the system prompts it saw."""
    system = "".join(str(m.get("content", "")) for m in body["messages"] if m.get("role") == "system")
    prompt = sum(len(str(message.get("content", ""))) for message in body["messages"]) // CHARS_PER_TOKEN
    cached = len(system) // CHARS_PER_TOKEN if hash(system) in seen_prompts else 0
    seen_prompts.add(hash(system))
    out = max(1, len(text) // CHARS_PER_TOKEN)
    return {
        "id": str(uuid.uuid4()),
        "object": "chat.completion",
        "created": int(time.time()),
        "model": body["model"],
        "choices": [{"index": 0, "finish_reason": "stop", "message": {"role": "assistant", "content": text}}],
        "usage": {
            "prompt_tokens": prompt,
            "completion_tokens": out,
            "total_tokens": prompt + out,
            "prompt_tokens_details": {"cached_tokens": cached},
        },
    }


async def streamed(completion: dict[str, Any]) -> AsyncIterator[str]:
    text = completion["choices"][0]["message"]["content"]
    envelope = {key: completion[key] for key in ("id", "created", "model")} | {"object": "chat.completion.chunk"}
    for start in range(0, len(text), STREAMED_CHARS):
        delta = {"index": 0, "delta": {"role": "assistant", "content": text[start : start + STREAMED_CHARS]}}
        yield f"data: {json.dumps(envelope | {'choices': [delta]}, ensure_ascii=False)}\n\n"
    last = {"choices": [{"index": 0, "delta": {}, "finish_reason": "stop"}], "usage": completion["usage"]}
    yield f"data: {json.dumps(envelope | last)}\n\ndata: [DONE]\n\n"
