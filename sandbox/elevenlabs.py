"""ElevenLabs' speech-to-text as Balto and the vendor's SDK see it: batch, `POST /v1/speech-to-text`."""

import math
import uuid
from typing import Any

import numpy as np
from fastapi import APIRouter, Request
from fastapi.responses import JSONResponse, Response
from starlette.datastructures import FormData, UploadFile

from sandbox.behaviour import Behaviour
from sandbox.faults import FAULT_HEADER, STATUS, Fault, Service, deliver, until_the_client_leaves
from sandbox.recogniser import Recognised
from sandbox.sound import RATE_HZ, UnreadableAudio, samples_of

MODELS = frozenset({"scribe_v2", "scribe_v3", "scribe_v2_medical"})
SHORTEST_S = 0.1
MOST_KEYTERMS, LONGEST_KEYTERM_CHARS, MOST_KEYTERM_WORDS = 1000, 50, 5

VENDOR_CODE = {
    Fault.BUSY: ("rate_limit_error", "concurrent_limit_exceeded", "Too many concurrent requests."),
    Fault.BUSY_RETRY_AFTER: ("rate_limit_error", "system_busy", "The system is experiencing heavy traffic."),
    Fault.KEY: ("authentication_error", "invalid_api_key", "Invalid API key"),
    Fault.QUOTA: ("authentication_error", "quota_exceeded", "This request exceeds your quota."),
    Fault.CREDIT: ("authorization_error", "subscription_required", "Your plan does not include this."),
    Fault.ERROR: ("internal_error", "internal_error", "Something went wrong."),
    Fault.UNAVAILABLE: ("internal_error", "service_unavailable", "Service unavailable."),
}


def vendor_error(fault: Fault) -> dict[str, Any]:
    kind, code, message = VENDOR_CODE[fault]
    return detail(kind, code, message)


def detail(kind: str, code: str, message: str) -> dict[str, Any]:
    return {"detail": {"type": kind, "code": code, "status": code, "message": message, "request_id": uuid.uuid4().hex}}


def router(behaviour: Behaviour) -> APIRouter:
    routes = APIRouter()

    @routes.post("/v1/speech-to-text")
    async def speech_to_text(request: Request) -> Response:
        fault = behaviour.faults.next(Service.ELEVENLABS, request.headers.get(FAULT_HEADER))
        if refusal := key_refusal(request.headers.get("xi-api-key")):
            return refusal
        async with request.form() as form:
            wrong = form_error(form)
            if wrong:
                return JSONResponse(detail("validation_error", "invalid_request", wrong), 422)
            file = form["file"]
            assert isinstance(file, UploadFile)
            data = await file.read()
            raw = form.get("file_format") == "pcm_s16le_16"
        async with behaviour.attending(Service.ELEVENLABS, until_the_client_leaves(request)) as room:
            return await transcribe(request, behaviour, fault if room else Fault.BUSY, data, raw)

    return routes


async def transcribe(request: Request, behaviour: Behaviour, fault: Fault, data: bytes, raw: bool) -> Response:
    if fault in STATUS:  # refusals are quick
        return await deliver(fault, request, {}, vendor_error)
    try:
        samples = samples_of(data, raw=raw)
    except UnreadableAudio as error:
        return JSONResponse(detail("validation_error", "invalid_request", str(error)), 400)
    if len(samples) < SHORTEST_S * RATE_HZ:
        return JSONResponse(detail("validation_error", "invalid_request", "audio is shorter than 100 ms"), 400)
    recognised = await behaviour.recognise(samples, behaviour.timing.speech_s)
    return await deliver(fault, request, transcript(recognised, samples), vendor_error)


def key_refusal(key: str | None) -> Response | None:
    if not key:
        return JSONResponse(detail("authentication_error", "missing_api_key", "xi-api-key header is missing"), 401)
    if key == "invalid":
        return JSONResponse(vendor_error(Fault.KEY), 401)
    return None


def form_error(form: FormData) -> str | None:
    """What the vendor would refuse in this form."""
    if form.get("model_id") not in MODELS:
        return "model_id is missing or unknown"
    if not isinstance(form.get("file"), UploadFile):
        return "exactly one of file and source_url is required"
    terms = [str(term) for term in form.getlist("keyterms")]
    if len(terms) > MOST_KEYTERMS:
        return "too many keyterms"
    for term in terms:
        if len(term) >= LONGEST_KEYTERM_CHARS or len(term.split()) > MOST_KEYTERM_WORDS or set(term) & set("<>{}[]\\`"):
            return "a keyterm is too long or holds a forbidden character"
    return None


def transcript(recognised: Recognised, samples: np.ndarray) -> dict[str, Any]:
    return {
        "language_code": "por",
        "language_probability": 1.0 if recognised.words else 0.0,
        "text": recognised.text,
        "words": timed_words(recognised),
        "transcription_id": uuid.uuid4().hex,
        "audio_duration_secs": round(len(samples) / RATE_HZ, 3),
    }


def timed_words(recognised: Recognised) -> list[dict[str, Any]]:
    """Words with a spacing between each two, as Scribe gives them."""
    logprob = round(math.log(max(recognised.probability, 1e-6)), 4)
    items: list[dict[str, Any]] = []
    for word in recognised.words:
        if items:
            gap = {"text": " ", "start": items[-1]["end"], "end": word.start_s, "type": "spacing", "logprob": 0.0}
            items.append(gap)
        items.append({"text": word.text, "start": word.start_s, "end": word.end_s, "type": "word", "logprob": logprob})
    return items
