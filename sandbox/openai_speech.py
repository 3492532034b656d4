"""`POST /v1/audio/transcriptions` as OpenAI, Groq, vLLM and speaches answer it."""

import math
from typing import Any

from fastapi import APIRouter, Request
from fastapi.responses import JSONResponse, PlainTextResponse, Response
from starlette.datastructures import UploadFile

from sandbox.behaviour import Behaviour
from sandbox.faults import FAULT_HEADER, STATUS, Fault, Service, deliver
from sandbox.recogniser import Recognised
from sandbox.sound import RATE_HZ, UnreadableAudio, samples_of

VENDOR_ERROR = {
    Fault.BUSY: ("requests", "rate_limit_exceeded"),
    Fault.BUSY_RETRY_AFTER: ("requests", "rate_limit_exceeded"),
    Fault.KEY: ("invalid_request_error", "invalid_api_key"),
    Fault.QUOTA: ("insufficient_quota", "insufficient_quota"),
    Fault.CREDIT: ("insufficient_quota", "insufficient_quota"),
    Fault.ERROR: ("server_error", "internal_error"),
    Fault.UNAVAILABLE: ("server_error", "service_unavailable"),
}


def vendor_error(fault: Fault) -> dict[str, Any]:
    kind, code = VENDOR_ERROR[fault]
    return {"error": {"message": "The sandbox was told to fail.", "type": kind, "param": None, "code": code}}


def router(behaviour: Behaviour) -> APIRouter:
    routes = APIRouter()

    @routes.post("/v1/audio/transcriptions")
    async def transcriptions(request: Request) -> Response:
        fault = behaviour.faults.next(Service.OPENAI_SPEECH, request.headers.get(FAULT_HEADER))
        if fault in STATUS:
            return await deliver(fault, request, {}, vendor_error)
        async with request.form() as form:
            file = form.get("file")
            if not form.get("model") or not isinstance(file, UploadFile):
                return invalid("model and file are required")
            data, response_format = await file.read(), form.get("response_format", "json")
        try:
            samples = samples_of(data, raw=False)
        except UnreadableAudio as error:
            return invalid(str(error))
        heard = await behaviour.recognise(samples, behaviour.timing.speech_s)
        if response_format == "text":
            return PlainTextResponse(heard.text)
        body: dict[str, Any] = {"text": heard.text}
        if response_format == "verbose_json":
            body |= verbose(heard, len(samples) / RATE_HZ)
        return await deliver(fault, request, body, vendor_error)

    return routes


def invalid(message: str) -> Response:
    error = {"message": message, "type": "invalid_request_error", "param": None, "code": "invalid_request"}
    return JSONResponse({"error": error}, 400)


def verbose(heard: Recognised, duration_s: float) -> dict[str, Any]:
    segment = {
        "id": 0,
        "seek": 0,
        "start": 0.0,
        "end": round(duration_s, 2),
        "text": f" {heard.text}",
        "tokens": [],
        "temperature": 0.0,
        "avg_logprob": round(math.log(max(heard.probability, 1e-6)), 4),
        "compression_ratio": 1.0,
        "no_speech_prob": 0.01,
    }
    return {
        "task": "transcribe",
        "language": "portuguese",
        "duration": round(duration_s, 2),
        "segments": [segment] if heard.words else [],
    }
