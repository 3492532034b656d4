"""The counter protocol: the JSON messages that travel beside the audio, and the close codes.

Version 1 is fixed by the clients in the field. Version 2 is asked for in the first message and only adds messages.

    counter -> server   {"comando": "auth", "api_key": "…", "versao": 2}     first; {"api_key": "…"} alone is version 1
                        … "vad": {"limiar_energia": 450, …}                  version 2: this counter's gate settings
                        binary                                               16 kHz 16-bit mono PCM, any length
                        {"comando": "feedback", "id_interacao": "…", "resultado": "venda_realizada"}
    server -> counter   {"comando": "recomendar", …}
                        {"comando": "auth_ok", …}, {"comando": "alerta", …}  version 2 only
"""

import json
from enum import IntEnum
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from pipeline.stages import StreamOptions


class CloseCode(IntEnum):
    NORMAL = 1000
    TOO_FAST = 1008  # audio far ahead of real time
    TOO_BIG = 1009
    SERVER_ERROR = 1011
    RESTART = 1012
    BAD_KEY = 4001
    NO_CAPACITY = 4002


class MessageError(ValueError):
    """A text message that the protocol does not know; the message says what was wrong with it."""


class Vad(BaseModel):
    """A counter's own gate settings; what is absent stays as the server has it."""

    model_config = ConfigDict(frozen=True)

    limiar_energia: int | None = Field(None, ge=0, le=32767)
    silencio_final_ms: int | None = Field(None, ge=100, le=5000)
    pre_gravacao_ms: int | None = Field(None, ge=0, le=2000)

    def over(self, options: StreamOptions) -> StreamOptions:
        return StreamOptions(
            energy_threshold=_first(self.limiar_energia, options.energy_threshold),
            closing_silence_ms=_first(self.silencio_final_ms, options.closing_silence_ms),
            pre_roll_ms=_first(self.pre_gravacao_ms, options.pre_roll_ms),
        )


def _first(wanted: int | None, otherwise: int | None) -> int | None:
    return otherwise if wanted is None else wanted


class Auth(BaseModel):
    """The first message. Unknown fields are ignored, so that a version-2 client works against any server."""

    model_config = ConfigDict(frozen=True)

    comando: Literal["auth"] = "auth"
    api_key: str = Field(min_length=1, max_length=256)
    versao: int = Field(1, ge=1)
    vad: Vad = Vad()


class Feedback(BaseModel):
    model_config = ConfigDict(frozen=True)

    comando: Literal["feedback"]
    id_interacao: str = Field(min_length=1, max_length=64)
    resultado: str = Field(min_length=1, max_length=64, pattern=r"^[a-z_]+$")


ClientMessage = Auth | Feedback


def parse_message(text: str) -> ClientMessage:
    """A text frame as a message. Raises MessageError."""
    try:
        raw = json.loads(text)
    except (ValueError, RecursionError):
        raise MessageError("o texto não é JSON") from None
    if not isinstance(raw, dict):
        raise MessageError("a mensagem não é um objeto JSON")
    comando = raw.get("comando", "auth" if "api_key" in raw else None)
    try:
        if comando == "auth":
            return Auth.model_validate(raw)
        if comando == "feedback":
            return Feedback.model_validate(raw)
    except ValidationError as error:
        fields = ", ".join(sorted({str(part) for e in error.errors() for part in e["loc"][:1]}))
        raise MessageError(f"campo ausente ou inválido em {comando!r}: {fields}") from None
    raise MessageError("comando desconhecido")


def recomendar(*, interaction_id: str, produto: str, explicacao: str, transcricao_base: str) -> dict[str, Any]:
    return {
        "comando": "recomendar",
        "produto": produto,
        "explicacao": explicacao,
        "transcricao_base": transcricao_base,
        "id_interacao": interaction_id,
    }


def alerta(*, interaction_id: str, motivo: str, mensagem: str, transcricao_base: str) -> dict[str, Any]:
    """Version 2: refer the customer. Version 1 receives nothing, and the record says why."""
    return {
        "comando": "alerta",
        "motivo": motivo,
        "mensagem": mensagem,
        "transcricao_base": transcricao_base,
        "id_interacao": interaction_id,
    }


def auth_ok(*, session_id: str) -> dict[str, Any]:
    return {"comando": "auth_ok", "versao": 2, "id_sessao": session_id}


def encode(message: dict[str, Any]) -> str:
    return json.dumps(message, ensure_ascii=False, separators=(",", ":"))
