"""xAI speech-to-text: `POST /v1/stt`, raw PCM, the key of the language model, half of Scribe's price.

Facts: docs.x.ai (2026-11); the file must be the last field. No word probabilities.
"""

from collections.abc import Sequence

from configs.transcription import XaiSpeechSettings
from pipeline.audio import SAMPLE_RATE_HZ
from pipeline.providers.calls import Reply
from pipeline.providers.prices import Usage
from pipeline.providers.transport import Form, open_client, post_form
from pipeline.transcription.keyterms import usable
from pipeline.transcription.recognition import Recognition, pcm_seconds, text_of, two_letters, words_of

MOST_KEYTERMS = 100
LONGEST_KEYTERM_CHARS = 50


class XaiSpeech:
    name = "xai"

    def __init__(self, settings: XaiSpeechSettings, base_url: str, api_key: str, keyterms: Sequence[str] = ()) -> None:
        self.model = settings.model
        fields: dict[str, str | Sequence[str]] = {
            "model": settings.model,
            "language": settings.language,
            "format": "true",
            "audio_format": "pcm",
            "sample_rate": str(SAMPLE_RATE_HZ),
        }
        if terms := usable(keyterms, most=MOST_KEYTERMS, longest_chars=LONGEST_KEYTERM_CHARS):
            fields["keyterm"] = terms
        self._form = Form(fields, filename="utterance.pcm", content_type="application/octet-stream")
        self._client = open_client(base_url, settings.call, {"Authorization": f"Bearer {api_key}"})

    def usage(self, audio_s: float) -> Usage:
        return Usage(audio_s=audio_s)

    async def recognise(self, pcm: bytes, previous_text: str) -> Reply[Recognition]:
        answer = await post_form(self._client, "/v1/stt", self._form, pcm)
        body = answer.body
        return Reply(
            value=Recognition(text_of(body), words_of(body.get("words")), two_letters(body.get("language"))),
            model=self.model,
            usage=self.usage(pcm_seconds(pcm)),
            http_status=answer.http_status,
            request_id=answer.request_id,
        )

    async def aclose(self) -> None:
        await self._client.aclose()
