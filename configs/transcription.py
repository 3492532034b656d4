"""Settings of the speech-to-text client."""

from typing import Literal, Self

from pydantic import BaseModel, ConfigDict, Field, model_validator

from configs.providers import CallSettings

Provider = Literal["elevenlabs", "elevenlabs_realtime", "openai_compatible", "xai"]


class _Frozen(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class ElevenLabsSettings(_Frozen):
    model: str = "scribe_v2"
    language: str = "pt"
    enable_logging: bool = Field(True, description="false asks for zero retention (enterprise plans only)")
    call: CallSettings = CallSettings()


class ElevenLabsRealtimeSettings(_Frozen):
    model: str = "scribe_v2_realtime"
    language: str = "pt"
    enable_logging: bool = True
    keep_alive_s: float = Field(10.0, gt=0, description="an idle stream dies: an empty chunk is sent this often")
    quiet_close_s: float = Field(300.0, gt=0, description="a counter quiet for this long has its stream closed")
    answer_timeout_s: float = Field(5.0, gt=0, description="a commit that is not answered within this is lost")
    call: CallSettings = CallSettings()


class OpenAICompatibleSettings(_Frozen):
    """Groq, OpenAI, vLLM, speaches, whisper.cpp: whatever answers `/v1/audio/transcriptions`."""

    base_url: str = "http://127.0.0.1:8000"
    model: str = "whisper-large-v3-turbo"
    language: str = "pt"
    call: CallSettings = CallSettings()


class XaiSpeechSettings(_Frozen):
    model: str = "grok-voice-transcribe-2.0"
    language: str = "pt"
    call: CallSettings = CallSettings()


class HygieneSettings(_Frozen):
    """What is taken out of a transcript before anybody sees it."""

    phrases: tuple[str, ...] = Field(
        (
            "legendas pela comunidade amara.org",
            "legendas pela comunidade",
            "legendado pela comunidade",
            "tradução e legendas",
            "transcrição e legendas",
            "inscreva-se no canal",
            "inscreva-se no nosso canal",
            "inscreva-se",
            "se inscreva no canal",
            "se inscreva",
            "inscrevam-se no canal",
            "não se esqueça de se inscrever no canal",
            "não se esqueça de se inscrever",
            "assine o canal",
            "bem-vindos ao canal",
            "bem-vindo ao canal",
            "ative o sininho",
            "ative as notificações",
            "deixe seu like",
            "deixe o seu like",
            "deixe o like",
            "curta e compartilhe o vídeo",
            "curta e compartilhe",
            "acesse o nosso site",
            "obrigado por assistir ao vídeo",
            "obrigado a todos por assistir",
            "obrigado por assistir",
            "obrigada por assistir",
            "obrigado por ter assistido",
            "obrigado por assistirem",
            "a gente se vê no próximo vídeo",
            "até o próximo vídeo",
            "um beijo e até a próxima",
            "até a próxima",
            "thank you for watching",
            "thanks for watching",
            "gracias por ver el video",
        ),
        description="what recognisers write over noise; taken out wherever it stands",
    )
    credits: tuple[str, ...] = Field(
        ("legenda", "legendas", "legendado", "legendagem", "transcrição por", "tradução por", "subtitles by"),
        description="a short text that begins so is the credits of a film: dropped",
    )
    lone: tuple[str, ...] = Field(
        (
            "obrigado",
            "obrigada",
            "muito obrigado",
            "obrigado pela atenção",
            "obrigado a todos",
            "thank you",
            "gracias",
            "tchau",
            "tchau tchau",
            "amém",
            "música",
            "e aí",
        ),
        description="dropped when it is all there is, once or again: nothing can be recommended from it",
    )
    repeats: int = Field(4, ge=2, description="the same words this often in a row are kept once")
    overlap_words: int = Field(3, ge=1, description="words shared with the end of the previous utterance that are cut")
    least_confidence: float = Field(0.30, ge=0, le=1, description="mean word probability under which all is dropped")
    most_words_per_s: float = Field(7.0, gt=0, description="more words than a mouth can say: imagined")


class TranscriptionSettings(_Frozen):
    mode: Literal["batch", "realtime"] = Field(
        "batch", description="realtime: Scribe hears speech while it is spoken; batch stays behind it, for failures"
    )
    providers: tuple[Provider, ...] = Field(
        ("elevenlabs",), min_length=1, description="asked in this order: the next one when one fails"
    )
    keyterms_limit: int = Field(
        100,
        ge=0,
        le=1000,
        description="product names given as key terms; they add 20 % at ElevenLabs, 0 turns them off",
    )
    first_share: float = Field(
        0.6, gt=0, le=1, description="part of the time left that a provider may use while another is there to follow"
    )
    elevenlabs: ElevenLabsSettings = ElevenLabsSettings()
    elevenlabs_realtime: ElevenLabsRealtimeSettings = ElevenLabsRealtimeSettings()
    openai_compatible: OpenAICompatibleSettings = OpenAICompatibleSettings()
    xai: XaiSpeechSettings = XaiSpeechSettings()
    hygiene: HygieneSettings = HygieneSettings()

    @model_validator(mode="after")
    def _others_behind_realtime(self) -> Self:
        if self.mode == "realtime" and "elevenlabs_realtime" in self.providers:
            raise ValueError(
                "mode realtime asks elevenlabs_realtime already: name in providers those that stand behind it"
            )
        return self
