"""ElevenLabs Scribe, batch: `POST /v1/speech-to-text`, raw PCM.

Facts: OpenAPI of August 2026 and the Python SDK 2.78. The language is always sent (pt-BR is misdetected
otherwise) and audio events never asked for (noise comes back as "(música)").
"""

from collections.abc import Sequence

from configs.transcription import ElevenLabsSettings
from pipeline.providers.calls import Reply
from pipeline.providers.prices import Usage
from pipeline.providers.transport import Form, open_client, post_form
from pipeline.transcription.keyterms import usable
from pipeline.transcription.recognition import Recognition, pcm_seconds, text_of, two_letters, words_of

MOST_KEYTERMS = 1000
LONGEST_KEYTERM_CHARS = 49


class ElevenLabsBatch:
    """One utterance, one request. Audio is sent as it is, without a container."""

    name = "elevenlabs"

    def __init__(self, settings: ElevenLabsSettings, base_url: str, api_key: str, keyterms: Sequence[str] = ()) -> None:
        self.model = settings.model
        self._keyterms = usable(keyterms, most=MOST_KEYTERMS, longest_chars=LONGEST_KEYTERM_CHARS)
        self._params = {"enable_logging": "true" if settings.enable_logging else "false"}
        fields: dict[str, str | Sequence[str]] = {
            "model_id": settings.model,
            "file_format": "pcm_s16le_16",
            "language_code": settings.language,
            "tag_audio_events": "false",
            "timestamps_granularity": "word",
        }
        if self._keyterms:
            fields["keyterms"] = self._keyterms
        self._form = Form(fields, filename="utterance.pcm", content_type="application/octet-stream")
        self._client = open_client(base_url, settings.call, {"xi-api-key": api_key})

    def usage(self, audio_s: float) -> Usage:
        return Usage(audio_s=audio_s, keyterms=len(self._keyterms))

    async def recognise(self, pcm: bytes, previous_text: str) -> Reply[Recognition]:
        answer = await post_form(self._client, "/v1/speech-to-text", self._form, pcm, self._params)
        body = answer.body
        heard = Recognition(text_of(body), words_of(body.get("words")), two_letters(body.get("language_code")))
        return Reply(
            value=heard,
            model=self.model,
            usage=self.usage(pcm_seconds(pcm)),
            http_status=answer.http_status,
            request_id=answer.request_id or body.get("transcription_id"),
        )

    async def aclose(self) -> None:
        await self._client.aclose()
