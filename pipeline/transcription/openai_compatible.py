"""Anything that answers `POST /v1/audio/transcriptions`: Groq, OpenAI, vLLM, speaches, whisper.cpp.

`verbose_json` carries segments with `avg_logprob` and `no_speech_prob`; a segment that the model itself takes for
silence is left out, and words inherit their segment's probability.
"""

from collections.abc import Mapping, Sequence
from typing import Any

from configs.transcription import OpenAICompatibleSettings
from pipeline.providers.calls import Reply
from pipeline.providers.prices import Usage
from pipeline.providers.transport import Form, open_client, post_form
from pipeline.transcription.recognition import Recognition, Word, pcm_seconds, text_of, two_letters
from pipeline.transcription.wav import wav_file

SILENCE_PROBABILITY = 0.8
SILENCE_LOGPROB = -1.0


class OpenAICompatible:
    """Key terms go in as the prompt, which is how Whisper is biased; they cost nothing."""

    name = "openai_compatible"

    def __init__(self, settings: OpenAICompatibleSettings, api_key: str, keyterms: Sequence[str] = ()) -> None:
        self.model = settings.model
        fields = {
            "model": settings.model,
            "language": settings.language,
            "response_format": "verbose_json",
            "temperature": "0",
        }
        if keyterms:
            fields["prompt"] = ", ".join(keyterms)
        self._form = Form(fields, filename="utterance.wav", content_type="audio/wav")
        headers = {"Authorization": f"Bearer {api_key}"} if api_key else {}
        self._client = open_client(settings.base_url, settings.call, headers)

    def usage(self, audio_s: float) -> Usage:
        return Usage(audio_s=audio_s)

    async def recognise(self, pcm: bytes, previous_text: str) -> Reply[Recognition]:
        answer = await post_form(self._client, "/v1/audio/transcriptions", self._form, wav_file(pcm))
        return Reply(
            value=_recognition(answer.body),
            model=self.model,
            usage=self.usage(pcm_seconds(pcm)),
            http_status=answer.http_status,
            request_id=answer.request_id,
        )

    async def aclose(self) -> None:
        await self._client.aclose()


def _recognition(body: Mapping[str, Any]) -> Recognition:
    text = text_of(body)
    language = two_letters(body.get("language"))
    segments = [segment for segment in body.get("segments") or () if isinstance(segment, Mapping)]
    spoken = [segment for segment in segments if not _is_silence(segment)]
    if not segments:
        return Recognition(text, (), language)
    words = tuple(word for segment in spoken for word in _segment_words(segment))
    kept = (
        text if len(spoken) == len(segments) else " ".join(str(segment.get("text", "")).strip() for segment in spoken)
    )
    return Recognition(kept, words, language)


def _is_silence(segment: Mapping[str, Any]) -> bool:
    """Whisper's own rule: it doubts that there was speech, and it doubts what it wrote."""
    return (
        float(segment.get("no_speech_prob") or 0.0) > SILENCE_PROBABILITY
        and float(segment.get("avg_logprob") or 0.0) < SILENCE_LOGPROB
    )


def _segment_words(segment: Mapping[str, Any]) -> list[Word]:
    logprob = segment.get("avg_logprob")
    return [Word(word, logprob=logprob) for word in str(segment.get("text", "")).split()]
